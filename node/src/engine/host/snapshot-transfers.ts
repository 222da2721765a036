// SPDX-License-Identifier: Apache-2.0
import { assert } from '@shortlink/common/assert.ts';
import type { NodeId, ShardId } from '@shortlink/common/ids.ts';
import { decodeJson, encodeJson } from '../../core/cluster/map-codec.ts';
import { newMessage } from '../../core/raft/message.ts';
import type { Message, Snapshot } from '../../core/raft/types.ts';
import { shardPrefixRanges } from '../../core/statemachine/keys.ts';
import type { KvEngine, WriteBatch } from '../../ports/kv-engine.ts';
import type { Peers, SnapshotSink } from '../../ports/peers.ts';
import type { EngineObserver } from '../engine-observer.ts';
import type { Machine } from '../machines/machine.ts';
import type { SnapshotHeader } from '../snapshots/snapshot-codec.ts';
import { SnapshotWriter } from '../snapshots/snapshot-writer.ts';
import { allocateSlot, clearStaging, markStaging, putReplicaRecord } from '../storage/directory.ts';
import type { Host } from './host.ts';
import type { Replica } from './replica.ts';

export interface SnapshotTransfersOptions {
  readonly host: Host;
  readonly store: KvEngine;
  readonly peers: Peers;
  readonly observer: EngineObserver;
  readonly clusterId: () => string | undefined;
  readonly openMachine: (shard: ShardId, slot: number) => Machine;
}

interface Staged {
  readonly slot: number;
  readonly index: number;
  readonly term: number;
}

/** Arriving snapshots of one shard at a time; a second one is refused until the first is decided. */
export class SnapshotTransfers {
  readonly #options: SnapshotTransfersOptions;
  readonly #stagedByShard = new Map<ShardId, Staged>();
  readonly #arriving = new Set<ShardId>();

  constructor(options: SnapshotTransfersOptions) {
    this.#options = options;
  }

  /** Sends the rows of a MsgSnap on a stream of their own; Raft hears how it ended. */
  start(replica: Replica, message: Message): void {
    const { host, peers, observer } = this.#options;
    const to = message.to;
    const snapshot = message.snapshot;
    const node = host.places.nodeOf(replica.shard, to);
    const reader = snapshot === undefined ? undefined : replica.takeOfferedSnapshot(snapshot.metadata.index);
    const clusterId = this.#options.clusterId();
    if (snapshot === undefined || node === undefined || reader === undefined || clusterId === undefined) {
      reader?.close();
      this.#report(replica, to, 'failed');
      return;
    }
    replica.snapshotsInFlight.set(to, snapshot.metadata.index);
    const header: SnapshotHeader = {
      clusterId,
      shard: replica.shard,
      from: message.from,
      to,
      term: message.term,
      metadata: snapshot.metadata,
    };
    observer.log('info', 'sending a snapshot', { shard: replica.shard, to: node, index: snapshot.metadata.index });
    const source = reader.toSource(encodeJson(header), (outcome) => {
      replica.snapshotsInFlight.delete(to);
      observer.count(outcome === 'finished' ? 'snapshotSent' : 'snapshotSendFailed');
      this.#report(replica, to, outcome);
    });
    peers.sendSnapshot(node, source);
  }

  /** A snapshot arrives. @throws InvariantError when it is not for a replica that lives here; the sender tries again later. */
  receive(from: NodeId, headerBytes: Uint8Array): SnapshotSink {
    const { host, store, observer, clusterId } = this.#options;
    const header = decodeJson(headerBytes) as SnapshotHeader;
    assert(header.clusterId === clusterId(), `snapshot of cluster ${header.clusterId} refused`);
    const replica = host.replicasByShard.get(header.shard);
    assert(
      replica?.key.replicaId === header.to,
      `snapshot for replica ${header.to} of shard ${header.shard}, which does not live here`,
    );
    assert(
      !this.#arriving.has(header.shard) && !this.#stagedByShard.has(header.shard),
      `shard ${header.shard} receives a snapshot already`,
    );
    host.places.heard(header.shard, header.from, from);
    this.#arriving.add(header.shard);
    const batch = store.batch();
    const slot = allocateSlot(store, header.shard, batch);
    store.write(batch, { sync: true });
    observer.log('info', 'receiving a snapshot', { shard: header.shard, from, index: header.metadata.index });
    return new SnapshotWriter({
      store,
      slot,
      complete: (bytes) => {
        this.#arriving.delete(header.shard);
        // The replica may have been destroyed while the rows arrived.
        if (host.replicasByShard.get(header.shard) !== replica) return this.sweepSlot(header.shard, slot);
        this.#stagedByShard.set(header.shard, { slot, index: header.metadata.index, term: header.metadata.term });
        observer.count('snapshotReceived');
        observer.count('snapshotByteReceived', bytes);
        this.#deliver(replica, header);
      },
      abandoned: () => {
        observer.count('snapshotReceiveFailed');
        this.#arriving.delete(header.shard);
        this.sweepSlot(header.shard, slot);
      },
    });
  }

  /**
   * Part of the turn's synchronous batch: the pointer moves to the staged rows and the log starts over behind them.
   * @returns what to do once the batch is written.
   */
  install(replica: Replica, snapshot: Snapshot, batch: WriteBatch): () => void {
    const staged = this.#stagedByShard.get(replica.shard);
    const { index, term } = snapshot.metadata;
    assert(
      staged?.index === index && staged.term === term,
      `shard ${replica.shard}: snapshot at ${index} accepted, but not staged`,
    );
    this.#stagedByShard.delete(replica.shard);
    const oldSlot = replica.machine.slot;
    putReplicaRecord(
      {
        shard: replica.shard,
        replicaId: replica.key.replicaId,
        highestReplicaId: replica.key.replicaId,
        slot: staged.slot,
      },
      batch,
    );
    clearStaging(staged.slot, batch);
    markStaging({ shard: replica.shard, slot: oldSlot }, batch);
    replica.log.reset({ index, term }, batch);
    return () => {
      const machine = this.#options.openMachine(replica.shard, staged.slot);
      assert(
        machine.appliedIndex === index,
        `shard ${replica.shard}: snapshot at ${index} holds the state of ${machine.appliedIndex}`,
      );
      replica.replaceMachine(machine);
      replica.log.sweep();
      this.sweepSlot(replica.shard, oldSlot);
    };
  }

  /** Removes the rows of a slot that nothing points to. Idempotent; repeated after a restart until its mark is gone. */
  sweepSlot(shard: ShardId, slot: number): void {
    const { store } = this.#options;
    for (const range of shardPrefixRanges(shard, slot)) store.deleteRange('state', range);
    const batch = store.batch();
    clearStaging(slot, batch);
    store.write(batch, { sync: false });
  }

  /** Raft has stepped the message; a snapshot that it did not want is garbage. */
  discardUnwanted(shard: ShardId): void {
    const staged = this.#stagedByShard.get(shard);
    if (staged === undefined) return;
    this.#stagedByShard.delete(shard);
    this.sweepSlot(shard, staged.slot);
  }

  #deliver(replica: Replica, header: SnapshotHeader): void {
    const message = newMessage('MsgSnap', header.to);
    message.from = header.from;
    message.term = header.term;
    message.snapshot = { metadata: header.metadata, data: new Uint8Array(0) };
    this.#options.host.deliver(replica.shard, message);
  }

  #report(replica: Replica, to: number, outcome: 'finished' | 'failed'): void {
    replica.raw.reportSnapshot(to, outcome);
    this.#options.host.activate(replica);
  }
}
