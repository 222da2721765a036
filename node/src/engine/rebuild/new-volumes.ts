// SPDX-License-Identifier: Apache-2.0
import { defined } from '@shortlink/common/assert.ts';
import type { ClusterId, ReplicaId, ShardId } from '@shortlink/common/ids.ts';
import { metaShardId } from '@shortlink/common/ids.ts';
import type { ClusterMap, NodeDescription, ReplicaInfo } from '../../core/cluster/cluster-map.ts';
import type { MetaState } from '../../core/cluster/meta-state.ts';
import { emptyConfState } from '../../core/statemachine/shard-state.ts';
import type { ShardState } from '../../core/statemachine/shard-state.ts';
import type { KvEngine, WriteBatch } from '../../ports/kv-engine.ts';
import type { Random } from '../../ports/random.ts';
import { Volume } from '../cluster/volume.ts';
import { putInitialMetaRow } from '../machines/meta-machine.ts';
import { putInitialShardState } from '../machines/shard-machine.ts';
import { allocateSlot, clearStaging, putReplicaRecord } from '../storage/directory.ts';
import { foundingEntry, putFoundingLog } from '../storage/founding.ts';

/** The new node of a volume; the id is minted with the volume. */
export type NewNode = Omit<NodeDescription, 'id'>;

/** A copy of a shard that is being filled: rows first, then `found`. */
export interface NewCopy {
  readonly store: KvEngine;
  readonly slot: number;
  readonly replicaId: ReplicaId;
}

/** The empty volumes of a new cluster. What is written to them shows when `join` is called, or to a node that starts on them. */
export class NewVolumes {
  readonly nodes: readonly NodeDescription[];
  readonly #volumes: readonly { readonly store: KvEngine; readonly volume: Volume }[];

  constructor(stores: readonly KvEngine[], nodes: readonly NewNode[], random: Random) {
    this.#volumes = stores.map((store, i) => {
      const { name } = defined(nodes[i], 'node of a volume');
      return { store, volume: new Volume(store, name, random) };
    });
    this.nodes = nodes.map((node, i) => ({ ...node, id: defined(this.#volumes[i], 'volume of a node').volume.nodeId }));
  }

  /** A copy of the shard on each node that is to have one. */
  copiesOf(shard: ShardId, replicas: readonly ReplicaInfo[]): readonly NewCopy[] {
    return replicas.map(({ id: replicaId, nodeId }) => {
      const found = this.#volumes.find(({ volume }) => volume.nodeId === nodeId);
      const { store } = defined(found, `volume of node ${nodeId}`);
      const batch = store.batch();
      const slot = allocateSlot(store, shard, batch);
      store.write(batch, { sync: false });
      return { store, slot, replicaId };
    });
  }

  /** Makes copies founders of a shard, with what it knows beside its rows. */
  foundShard(shard: ShardId, copies: readonly NewCopy[], known: Partial<ShardState>): void {
    foundEach(shard, copies, (start, batch) =>
      putInitialShardState({ ...start, scope: { shard, slot: start.slot } }, batch, known),
    );
  }

  foundMeta(replicas: readonly ReplicaInfo[], state: MetaState): void {
    const copies = this.copiesOf(metaShardId, replicas);
    foundEach(metaShardId, copies, (start, batch) => putInitialMetaRow(start, batch, state));
  }

  /** The last step: the nodes are members from here on. */
  join(clusterId: ClusterId, map: ClusterMap): void {
    for (const { volume } of this.#volumes) volume.joinCluster(clusterId, map);
  }
}

type Start = Parameters<typeof putInitialMetaRow>[0];

function foundEach(shard: ShardId, copies: readonly NewCopy[], put: (start: Start, batch: WriteBatch) => void): void {
  const confState = { ...emptyConfState, voters: copies.map(({ replicaId }) => replicaId) };
  for (const { store, slot, replicaId } of copies) {
    const batch = store.batch();
    clearStaging(slot, batch);
    put({ ...foundingEntry, slot, confState }, batch);
    putFoundingLog({ shard, replicaId }, batch);
    putReplicaRecord({ shard, replicaId, highestReplicaId: replicaId, slot }, batch);
    store.write(batch, { sync: true });
  }
}
