// SPDX-License-Identifier: Apache-2.0
import type { NodeId, ShardId } from '@shortlink/common/ids.ts';
import type { ClusterMap } from '../../core/cluster/cluster-map.ts';
import type { Message } from '../../core/raft/types.ts';
import type { CancelTimer, Clock, Timers } from '../../ports/clock.ts';
import type { KvEngine } from '../../ports/kv-engine.ts';
import type { Peers } from '../../ports/peers.ts';
import type { ClockGuard } from '../clock-guard.ts';
import type { EngineObserver } from '../engine-observer.ts';
import { compactLog } from './compaction.ts';
import type { LogLimits } from './compaction.ts';
import { DiskPulse } from './disk-pulse.ts';
import { Outbox } from './outbox.ts';
import type { Replica } from './replica.ts';
import { ReplicaPlaces } from './replica-places.ts';
import type { SnapshotTransfers } from './snapshot-transfers.ts';
import { stepReplica } from './step.ts';
import type { StepContext } from './step.ts';
import { turn } from './turn.ts';
import type { Turn, TurnPhases } from './turn.ts';
import { collect, newTurnWork } from './turn-work.ts';
import type { AppendWork, TurnWork } from './turn-work.ts';

export interface HostOptions {
  readonly nodeId: NodeId;
  readonly store: KvEngine;
  readonly peers: Peers;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly clockGuard: ClockGuard;
  readonly observer: EngineObserver;
  readonly keptLog: LogLimits;
  /** Runs the callback soon, after what is already waiting in the event loop. */
  readonly soon: (run: () => void) => void;
  /** A turn failed: the store or an invariant is broken, and the process must end. */
  readonly onFatal: (error: unknown) => void;
  /** For the simulator only: a turn in the wrong order must be caught. */
  readonly turn?: Turn | undefined;
}

/** How long a commit notice waits for something else that goes to its node. */
const noticeDelayMs = 5;

/** All groups of one node and the loop that drives them. */
export class Host implements TurnPhases {
  readonly replicasByShard = new Map<ShardId, Replica>();
  readonly places = new ReplicaPlaces();
  readonly outbox: Outbox;
  readonly disk: DiskPulse;
  /** Set right after construction: the transfers need the host, too. */
  transfers: SnapshotTransfers | undefined;
  mapEpoch = 0;
  #clusterSize = 1;
  readonly #options: HostOptions;
  readonly #turn: Turn;
  #active = new Set<Replica>();
  #running: Promise<void> | undefined;
  /** True from before the first phase: what a phase itself wakes must wait for the end of the turn, too. */
  #inTurn = false;
  #scheduled = false;
  #syncDue = false;
  #stopped = false;
  /** Of the notices that wait; undefined while none do. */
  #cancelRelease: CancelTimer | undefined;

  constructor(options: HostOptions) {
    this.#options = options;
    this.outbox = new Outbox(options.peers, (messages) => options.observer.count('messageSent', messages));
    this.disk = new DiskPulse(options.clock);
    this.#turn = options.turn ?? turn;
  }

  useMap(map: ClusterMap): void {
    this.mapEpoch = map.epoch;
    this.#clusterSize = map.nodes.length;
    this.places.useMap(map);
  }

  /** The replica has something to do in the next turn. */
  activate(replica: Replica): void {
    this.#active.add(replica);
    this.wake();
  }

  /** A turn should run, be it only to send what lies in the outbox. */
  wake(): void {
    if (this.#scheduled || this.#stopped) return;
    this.#scheduled = true;
    if (!this.#inTurn) this.#options.soon(() => this.#run());
  }

  tick(): void {
    this.#syncDue = true;
    for (const replica of this.replicasByShard.values()) {
      replica.tickPending = true;
      this.#active.add(replica);
    }
    this.wake();
  }

  deliver(shard: ShardId, message: Message): void {
    const replica = this.replicasByShard.get(shard);
    if (replica === undefined || replica.key.replicaId !== message.to) return;
    replica.inbox.push(message);
    this.activate(replica);
  }

  /** No turn runs or will run after this. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelRelease?.();
    await this.#running;
  }

  step(): { active: readonly Replica[]; work: TurnWork } {
    const active = [...this.#active];
    this.#active = new Set();
    const { clock, clockGuard, observer } = this.#options;
    const context: StepContext = {
      observer,
      stampMs: clockGuard.trustedNowMs(this.#clusterSize),
      nowMs: clock.monotonicMs(),
      later: (replica, delayMs) => this.#activateLater(replica, delayMs),
    };
    const work = newTurnWork();
    for (const replica of active) {
      if (!this.#lives(replica)) continue;
      const hadSnapshot = replica.inbox.some((message) => message.type === 'MsgSnap');
      const appendsBefore = work.appends.length;
      stepReplica(replica, context);
      collect(replica, work);
      if (hadSnapshot && work.appends.slice(appendsBefore).every((append) => append.message.snapshot === undefined)) {
        this.#transfers().discardUnwanted(replica.shard);
      }
    }
    return { active, work };
  }

  sendEarly(work: TurnWork): Promise<void> | undefined {
    for (const { replica, message } of work.early) this.#send(replica, message);
    return this.outbox.send(this.#stamp()) ? this.#options.peers.flush() : undefined;
  }

  persist(work: TurnWork): void {
    // While the early messages were on their way, a newer map may have destroyed a replica.
    const appends = work.appends.filter(({ replica }) => this.#lives(replica));
    if (appends.length === 0 && !this.disk.isProbeDue) return;
    const { store, observer } = this.#options;
    const batch = store.batch();
    const installed: (() => void)[] = [];
    for (const { replica, message } of appends) {
      if (message.snapshot !== undefined) installed.push(this.#transfers().install(replica, message.snapshot, batch));
      replica.log.append(message.entries, batch);
      if (message.term > 0) {
        replica.log.putHardState({ term: message.term, vote: message.vote, commit: message.commit }, batch);
      }
    }
    // Once a tick also what promises nothing: so little is applied a second time after a power failure.
    const sync = work.needsSync || this.#syncDue || this.disk.isProbeDue;
    if (sync) this.#syncDue = false;
    this.disk.addProbe(batch);
    if (sync) this.disk.measure(() => observer.time('fsync', () => store.write(batch, { sync })));
    else observer.time('write', () => store.write(batch, { sync }));
    reportEntries(appends, observer);
    for (const after of installed) after();
    for (const { replica, message } of appends) {
      // Reads may have waited for nothing but what the snapshot brought.
      if (message.snapshot !== undefined) work.answers.push(() => replica.reads.serve(replica.machine.appliedIndex));
      for (const response of message.responses ?? []) {
        if (response.to === replica.key.replicaId) this.#stepAgain(replica, response);
        else work.durable.push({ replica, message: response });
      }
    }
  }

  sendDurable(work: TurnWork): void {
    for (const { replica, message } of work.durable) this.#send(replica, message);
    this.outbox.send(this.#stamp());
  }

  apply(work: TurnWork): void {
    const applies = work.applies.filter(({ replica }) => this.#lives(replica));
    if (applies.length === 0) return;
    const { store, observer } = this.#options;
    const batch = store.batch();
    for (const { replica, entries } of applies) work.answers.push(replica.apply(entries, batch));
    observer.time('apply', () => store.write(batch, { sync: false }));
    // H-I12: rows first, then their versions, and all of it before anybody is answered or shown a view.
    for (const { replica } of applies) replica.machine.written();
    for (const { replica, responses } of applies) {
      for (const response of responses) this.#stepAgain(replica, response);
      for (const range of replica.machine.takeDroppedRanges()) store.deleteRange('state', range);
      compactLog(replica, store, this.#options.keptLog);
    }
  }

  answer(work: TurnWork): void {
    for (const answer of work.answers) answer();
    this.outbox.send(this.#stamp());
    if (this.outbox.hasNotices) this.#releaseLater();
  }

  #lives(replica: Replica): boolean {
    return this.replicasByShard.get(replica.shard) === replica;
  }

  #stepAgain(replica: Replica, message: Message): void {
    replica.raw.step(message);
    if (replica.raw.hasReady()) this.#active.add(replica);
  }

  #send(replica: Replica, message: Message): void {
    if (message.type === 'MsgSnap') return this.#transfers().start(replica, message);
    const node = this.places.nodeOf(replica.shard, message.to);
    if (node === undefined || !replica.acknowledgements.admit(message)) return;
    const grouped = { shard: replica.shard, message };
    if (message.type === 'MsgApp' && message.entries.length === 0) this.outbox.notice(node, grouped);
    else this.outbox.raft(node, grouped);
  }

  #activateLater(replica: Replica, delayMs: number): void {
    if (replica.isPaced) return;
    replica.isPaced = true;
    this.#options.timers.after(delayMs, () => {
      replica.isPaced = false;
      if (this.#lives(replica)) this.activate(replica);
    });
  }

  #releaseLater(): void {
    this.#cancelRelease ??= this.#options.timers.after(noticeDelayMs, () => {
      this.#cancelRelease = undefined;
      this.outbox.release();
      this.wake();
    });
  }

  #stamp(): { clockMs: number; mapEpoch: number } {
    return { clockMs: this.#options.clock.nowMs(), mapEpoch: this.mapEpoch };
  }

  #transfers(): SnapshotTransfers {
    if (this.transfers === undefined) throw new TypeError('the host was used before it was wired');
    return this.transfers;
  }

  #run(): void {
    this.#scheduled = false;
    if (this.#stopped) return;
    const { observer } = this.#options;
    const startMs = this.#options.clock.monotonicMs();
    this.#inTurn = true;
    this.#running = this.#turn(this)
      .then(() => observer.turnTook(this.#options.clock.monotonicMs() - startMs))
      .catch((error: unknown) => {
        this.#stopped = true;
        this.#options.onFatal(error);
      })
      .then(() => {
        this.#running = undefined;
        this.#inTurn = false;
        if (this.#active.size > 0) this.#scheduled = true;
        if (this.#scheduled && !this.#stopped) this.#options.soon(() => this.#run());
      });
  }
}

function reportEntries(appends: readonly AppendWork[], observer: EngineObserver): void {
  let entries = 0;
  let bytes = 0;
  for (const { message } of appends) {
    entries += message.entries.length;
    for (const entry of message.entries) bytes += entry.data.length;
  }
  if (entries > 0) observer.persisted(entries, bytes);
}
