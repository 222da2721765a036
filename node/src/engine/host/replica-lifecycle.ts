// SPDX-License-Identifier: Apache-2.0
import type { NodeId, ReplicaId, ShardId } from '@shortlink/common/ids.ts';
import { metaShardId } from '@shortlink/common/ids.ts';
import type { ClusterMap, ReplicaInfo } from '../../core/cluster/cluster-map.ts';
import type { ConfState } from '../../core/raft/types.ts';
import { emptyConfState } from '../../core/statemachine/shard-state.ts';
import type { KvEngine } from '../../ports/kv-engine.ts';
import type { EngineObserver } from '../engine-observer.ts';
import type { Machine } from '../machines/machine.ts';
import { putInitialMetaRow } from '../machines/meta-machine.ts';
import { putInitialShardState } from '../machines/shard-machine.ts';
import { foundingEntry, putFoundingLog } from '../storage/founding.ts';
import { allocateSlot, clearStaging, markStaging, putReplicaRecord, readReplicaRecords } from '../storage/directory.ts';
import type { ReplicaRecord } from '../storage/directory.ts';
import { entryRange, hardStateKey, truncationKey } from '../storage/keys.ts';
import type { Host } from './host.ts';
import type { RaftSettings } from './raft-settings.ts';
import { Replica } from './replica.ts';
import type { SnapshotTransfers } from './snapshot-transfers.ts';

export interface LifecycleOptions {
  readonly nodeId: NodeId;
  readonly host: Host;
  readonly store: KvEngine;
  readonly observer: EngineObserver;
  readonly settings: RaftSettings;
  readonly random: (bound: number) => number;
  readonly transfers: SnapshotTransfers;
  readonly openMachine: (shard: ShardId, slot: number) => Machine;
}

/** Brings the replicas that live here in line with what the cluster map says. */
export class ReplicaLifecycle {
  readonly #options: LifecycleOptions;
  readonly #recordsByShard = new Map<ShardId, ReplicaRecord>();

  constructor(options: LifecycleOptions) {
    this.#options = options;
  }

  /** After a restart: opens what lived here before. @throws DecodeError, InvariantError when the disk holds something else. */
  recover(): void {
    for (const record of readReplicaRecords(this.#options.store)) {
      this.#recordsByShard.set(record.shard, record);
      if (record.replicaId === undefined) continue;
      const replica = this.#open(record.shard, record.replicaId, record.slot);
      replica.healthy = record.diverged !== true;
    }
  }

  /** The meta group's founders start from the formation record: there is no map yet. */
  foundMeta(replicas: readonly ReplicaInfo[]): void {
    this.#reconcileShard(metaShardId, { replicas, founders: replicas });
  }

  /** The replica's state is wrong: nothing of it may be served or voted for again, whatever restarts. */
  markDiverged(shard: ShardId): void {
    const { host, store } = this.#options;
    const replica = host.replicasByShard.get(shard);
    if (replica === undefined || !replica.healthy) return;
    replica.healthy = false;
    const { replicaId } = replica.key;
    const record = { shard, replicaId, highestReplicaId: replicaId, slot: replica.machine.slot, diverged: true };
    const batch = store.batch();
    putReplicaRecord(record, batch);
    store.write(batch, { sync: true });
    this.#recordsByShard.set(shard, record);
  }

  reconcile(map: ClusterMap): void {
    this.#reconcileShard(metaShardId, { replicas: map.meta, founders: [] });
    for (const shard of map.shards) this.#reconcileShard(shard.id, shard);
    for (const shard of this.#options.host.replicasByShard.keys()) {
      if (shard !== metaShardId && !map.shards.some((s) => s.id === shard)) this.#destroy(shard);
    }
  }

  #reconcileShard(
    shard: ShardId,
    plan: { readonly replicas: readonly ReplicaInfo[]; readonly founders: readonly ReplicaInfo[] },
  ): void {
    const mine = plan.replicas.find((replica) => replica.nodeId === this.#options.nodeId);
    const running = this.#options.host.replicasByShard.get(shard);
    if (running !== undefined && running.key.replicaId !== mine?.id) this.#destroy(shard);
    if (mine === undefined || this.#options.host.replicasByShard.has(shard)) return;
    const highest = this.#recordsByShard.get(shard)?.highestReplicaId ?? 0;
    // H5: a replica that lived here once never starts a second time from nothing.
    if (mine.id <= highest) return;
    const founder = plan.founders.some((replica) => replica.id === mine.id);
    const voters = plan.founders.map((replica) => replica.id);
    this.#create(shard, mine.id, founder ? { ...emptyConfState, voters } : undefined);
  }

  #create(shard: ShardId, replicaId: ReplicaId, founding: ConfState | undefined): void {
    const { store, observer } = this.#options;
    const batch = store.batch();
    const slot = allocateSlot(store, shard, batch);
    clearStaging(slot, batch);
    const key = { shard, replicaId };
    const start = founding === undefined ? { index: 0, term: 0 } : foundingEntry;
    const initial = { ...start, confState: founding ?? emptyConfState };
    if (shard === metaShardId) putInitialMetaRow({ ...initial, slot }, batch);
    else putInitialShardState({ ...initial, scope: { shard, slot } }, batch);
    if (founding !== undefined) putFoundingLog(key, batch);
    const record = { shard, replicaId, highestReplicaId: replicaId, slot };
    putReplicaRecord(record, batch);
    store.write(batch, { sync: true });
    this.#recordsByShard.set(shard, record);
    observer.log('info', founding === undefined ? 'replica added, empty' : 'replica founded', { shard, replicaId });
    const replica = this.#open(shard, replicaId, slot);
    if (founding?.voters[0] === replicaId) replica.campaignSoon();
  }

  #destroy(shard: ShardId): void {
    const { host, store, observer, transfers } = this.#options;
    const replica = host.replicasByShard.get(shard);
    if (replica === undefined) return;
    host.replicasByShard.delete(shard);
    replica.close('this replica was removed from the shard');
    transfers.discardUnwanted(shard);
    const slot = replica.machine.slot;
    const record = { shard, replicaId: undefined, highestReplicaId: replica.key.replicaId, slot };
    const batch = store.batch();
    putReplicaRecord(record, batch);
    markStaging({ shard, slot }, batch);
    batch.delete('raft', hardStateKey(replica.key));
    batch.delete('raft', truncationKey(replica.key));
    store.write(batch, { sync: true });
    this.#recordsByShard.set(shard, record);
    store.deleteRange('raft', entryRange(replica.key, 0, Number.MAX_SAFE_INTEGER));
    transfers.sweepSlot(shard, slot);
    observer.log('info', 'replica destroyed', { shard, replicaId: replica.key.replicaId });
  }

  #open(shard: ShardId, replicaId: ReplicaId, slot: number): Replica {
    const { host, store, observer, settings, random } = this.#options;
    const replica = new Replica({
      store,
      key: { shard, replicaId },
      openMachine: () => this.#options.openMachine(shard, slot),
      settings,
      random,
      onRaftLog: (text) => observer.log('info', text, { shard }),
    });
    host.replicasByShard.set(shard, replica);
    host.activate(replica);
    return replica;
  }
}
