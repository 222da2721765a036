// SPDX-License-Identifier: Apache-2.0
import { assert } from '@shortlink/common/assert.ts';
import type { ReplicaId, ShardId } from '@shortlink/common/ids.ts';
import { metaShardId } from '@shortlink/common/ids.ts';
import { decodeConfChangeEntry } from '../../core/raft/conf-change-codec.ts';
import { RawNode } from '../../core/raft/raw-node.ts';
import type { BasicStatus, Status } from '../../core/raft/status.ts';
import type { ConfState, Entry, Message, Snapshot } from '../../core/raft/types.ts';
import type { SnapshotTemporarilyUnavailable } from '../../core/raft/storage.ts';
import type { KvEngine, WriteBatch } from '../../ports/kv-engine.ts';
import type { AppliedEntry, Machine } from '../machines/machine.ts';
import { ReadTracker } from '../read-tracker.ts';
import type { WriteRequest } from '../requests.ts';
import { SnapshotReader } from '../snapshots/snapshot-reader.ts';
import { GroupLog } from '../storage/group-log.ts';
import type { ReplicaKey } from '../storage/keys.ts';
import { Acknowledgements } from './acknowledgements.ts';
import { ProposalPace } from './proposal-pace.ts';
import { ProposalQueue } from './proposal-queue.ts';
import type { RaftSettings } from './raft-settings.ts';

export interface ReplicaOptions {
  readonly store: KvEngine;
  readonly key: ReplicaKey;
  readonly openMachine: () => Machine;
  readonly settings: RaftSettings;
  readonly random: (bound: number) => number;
  readonly onRaftLog: (text: string) => void;
}

/** A group that has just been founded need not wait for an election timeout: its first founder asks for votes at once. */
const foundingCampaignTicks = 3;
/** Ticks after which a snapshot that was offered and never sent gives its cursors back. */
const offeredSnapshotTicks = 50;

/** One node's copy of one shard: the Raft state machine, its log, the replicated state and everybody who waits for it. */
export class Replica {
  readonly key: ReplicaKey;
  readonly raw: RawNode;
  readonly log: GroupLog;
  readonly reads: ReadTracker;
  readonly acknowledgements = new Acknowledgements();
  readonly proposals: ProposalQueue;
  readonly pace = new ProposalPace();
  /** Writes wait for company, and the replica will be woken when they have waited for long enough. */
  isPaced = false;
  machine: Machine;
  /** Messages for this replica that the next turn steps. */
  inbox: Message[] = [];
  tickPending = false;
  lead: ReplicaId = 0;
  /** A state hash differed: nothing is answered any more (H8). */
  healthy = true;
  /** Snapshots on their way, by the index they hold: the log behind them must stay. */
  readonly snapshotsInFlight = new Map<ReplicaId, number>();
  readonly #options: ReplicaOptions;
  #campaignInTicks = 0;
  #offered: { readonly index: number; readonly reader: SnapshotReader; ticks: number } | undefined;

  constructor(options: ReplicaOptions) {
    this.#options = options;
    this.key = options.key;
    this.machine = options.openMachine();
    this.log = new GroupLog(options.store, options.key, {
      appliedIndex: this.machine.appliedIndex,
      confState: (): ConfState => this.machine.confState,
      snapshot: (): Snapshot | SnapshotTemporarilyUnavailable => this.#offerSnapshot(),
    });
    this.#checkRecovered();
    const salt = options.random(0x7fff_ffff);
    this.reads = new ReadTracker(options.key.replicaId, salt);
    this.proposals = new ProposalQueue();
    this.raw = new RawNode({
      id: options.key.replicaId,
      storage: this.log,
      applied: this.machine.appliedIndex,
      random: options.random,
      asyncStorageWrites: true,
      checkQuorum: true,
      preVote: true,
      stepDownOnRemoval: true,
      vouchedReads: true,
      disableProposalForwarding: true,
      logger: { level: 1, log: (_level, text) => options.onRaftLog(text) },
      ...options.settings,
    });
  }

  get shard(): ShardId {
    return this.key.shard;
  }

  get isMeta(): boolean {
    return this.key.shard === metaShardId;
  }

  get isLeader(): boolean {
    return this.lead === this.key.replicaId;
  }

  status(): BasicStatus {
    return this.raw.basicStatus();
  }

  fullStatus(): Status {
    return this.raw.status();
  }

  /** Applies committed entries into `batch`, and answers nothing yet: see `settle`. */
  apply(entries: readonly Entry[], batch: WriteBatch): () => void {
    const applied = entries.map((entry): AppliedEntry => ({ entry, confState: this.#confStateAfter(entry) }));
    const results = this.machine.apply(applied, batch);
    return () => {
      entries.forEach((entry, i) => this.proposals.settle(entry, results[i] ?? [], this.machine));
      this.reads.serve(this.machine.appliedIndex);
    };
  }

  /** The machine of a snapshot that was just made live. */
  replaceMachine(machine: Machine): void {
    this.machine = machine;
    // Whatever was wrong with the state before, this one is its leader's.
    this.healthy = true;
  }

  /** This replica should lead the group that was just founded. */
  campaignSoon(): void {
    this.#campaignInTicks = foundingCampaignTicks;
  }

  tick(nowMs: number): void {
    this.acknowledgements.tick();
    // A replica that is known to be wrong must not lead: without ticks it never asks for votes, and a leader falls silent.
    if (this.healthy) this.raw.tick();
    if (this.#campaignInTicks > 0 && --this.#campaignInTicks === 0 && this.lead === 0) this.raw.campaign();
    for (const context of this.reads.tick(nowMs)) this.raw.readIndex(context);
    this.proposals.expire(nowMs);
    if (this.#offered !== undefined && ++this.#offered.ticks > offeredSnapshotTicks) this.#dropOffered();
  }

  /** The rows that belong to the snapshot in a MsgSnap; undefined when they were given back meanwhile. */
  takeOfferedSnapshot(index: number): SnapshotReader | undefined {
    if (this.#offered?.index !== index) return undefined;
    const { reader } = this.#offered;
    this.#offered = undefined;
    return reader;
  }

  /** Ends everybody's waiting; the replica is not used any more. */
  close(message: string): void {
    this.#dropOffered();
    this.reads.failAll(message);
    this.proposals.failAll(message);
  }

  addWrite(request: WriteRequest): void {
    this.proposals.add(request);
  }

  #confStateAfter(entry: Entry): ConfState | undefined {
    const change = decodeConfChangeEntry(entry);
    if (change === undefined) return undefined;
    assert(change !== 'malformed', `shard ${this.shard}: configuration change at ${entry.index} cannot be read`);
    return this.raw.applyConfChange(change);
  }

  /** Opens the rows at once: later batches must not show in them. */
  #offerSnapshot(): Snapshot | SnapshotTemporarilyUnavailable {
    const { appliedIndex: index, appliedTerm: term, confState, slot } = this.machine;
    if (index === 0) return 'snapshotTemporarilyUnavailable';
    if (this.#offered?.index !== index) {
      this.#dropOffered();
      const reader = new SnapshotReader(this.#options.store, { shard: this.shard, slot });
      this.#offered = { index, reader, ticks: 0 };
    }
    return { metadata: { index, term, confState }, data: new Uint8Array(0) };
  }

  #dropOffered(): void {
    this.#offered?.reader.close();
    this.#offered = undefined;
  }

  /** Restart: what is on disk must be one of the states that the turn can leave behind. */
  #checkRecovered(): void {
    const { appliedIndex } = this.machine;
    const name = `shard ${this.shard}, replica ${this.key.replicaId}`;
    assert(
      appliedIndex >= this.log.firstIndex() - 1,
      `${name}: applied ${appliedIndex}, but the log starts at ${this.log.firstIndex()}`,
    );
    assert(
      appliedIndex <= this.log.lastIndex(),
      `${name}: applied ${appliedIndex}, but the log ends at ${this.log.lastIndex()}`,
    );
  }
}
