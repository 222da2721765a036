// SPDX-License-Identifier: Apache-2.0
import type { NodeId } from '@shortlink/common/ids.ts';
import { metaShardId } from '@shortlink/common/ids.ts';
import { isSameDescription } from '../../core/cluster/cluster-map.ts';
import type { ClusterMap } from '../../core/cluster/cluster-map.ts';
import { decodeMap } from '../../core/cluster/map-codec.ts';
import type { Engine } from '../engine.ts';
import type { Forwarder } from '../host/forwarder.ts';

/** Keeps this node's map new, and what the map says of this node right. */
export class MapWatch {
  readonly #engine: Engine;
  readonly #forwarder: Forwarder;
  readonly #learn: (map: ClusterMap) => void;
  #isFetching = false;

  constructor(engine: Engine, forwarder: Forwarder, learn: (map: ClusterMap) => void) {
    this.#engine = engine;
    this.#forwarder = forwarder;
    this.#learn = learn;
  }

  /** Nodes without a replica of the meta group hear of changes by asking. */
  refresh(): void {
    const { volume, host, deps, nodeId } = this.#engine;
    if (volume.clusterId === undefined || host.replicasByShard.has(metaShardId)) return;
    const nodes =
      volume.map?.meta.map((replica) => replica.nodeId) ?? volume.promise?.founders.map((node) => node.id) ?? [];
    const connected = nodes.filter((node) => node !== nodeId && deps.peers.isConnected(node));
    const node = connected[deps.random.int(Math.max(1, connected.length))];
    if (node !== undefined) this.fetch(node);
  }

  fetch(node: NodeId): void {
    if (this.#isFetching) return;
    this.#isFetching = true;
    const request = {
      kind: 'map',
      shard: metaShardId,
      payload: new Uint8Array(0),
      timeoutMs: fetchTimeoutMs,
      hops: 1,
    } as const;
    this.#forwarder.forward(node, request, (status, payload) => {
      this.#isFetching = false;
      const map = status === 'ok' ? decodeMap(payload) : undefined;
      if (map !== undefined) this.#learn(map);
    });
    this.#engine.host.wake();
  }

  /** What this node is, when the map says something else. */
  async announce(): Promise<void> {
    const { nodeId, volume, driver, self } = this.#engine;
    const listed = volume.map?.nodes.find((node) => node.id === nodeId);
    const { current } = self;
    if (listed === undefined || isSameDescription(listed, current)) return;
    await driver.propose({ type: 'putNode', node: current });
  }
}

const fetchTimeoutMs = 3_000;
