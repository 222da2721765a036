// SPDX-License-Identifier: Apache-2.0
import type { ClusterId, NodeId } from '@shortlink/common/ids.ts';
import { toHex } from '@shortlink/common/bytes.ts';
import { decodeJson, encodeJson } from '../../core/cluster/map-codec.ts';
import type { ClusterMap } from '../../core/cluster/cluster-map.ts';
import type { FormationRecord } from '../../core/cluster/meta-commands.ts';
import type { KvEngine } from '../../ports/kv-engine.ts';
import type { Random } from '../../ports/random.ts';
import { putCachedMap, putIdentity, readCachedMap, readIdentity } from '../storage/directory.ts';
import type { Identity } from '../storage/directory.ts';
import { formationKey } from '../storage/keys.ts';

/** The volume belongs to somebody else; starting on it would impersonate. */
export class ForeignVolumeError extends Error {
  override readonly name = 'ForeignVolumeError';
}

/** What the volume knows about who this node is. Every change is on disk before the call returns. */
export class Volume {
  readonly #store: KvEngine;
  #identity: Identity;
  #promise: FormationRecord | undefined;
  #map: ClusterMap | undefined;

  /** Mints the identity of an empty volume. @throws ForeignVolumeError when the volume was another node's. */
  constructor(store: KvEngine, nodeName: string, random: Random) {
    this.#store = store;
    const known = readIdentity(store);
    if (known !== undefined && known.name !== nodeName) {
      throw new ForeignVolumeError(
        `this volume belongs to node "${known.name}" (${known.nodeId}), not to "${nodeName}"; give each node its own data.dir, or correct node.name`,
      );
    }
    this.#identity = known ?? { nodeId: toHex(random.bytes(8)), name: nodeName, clusterId: undefined };
    if (known === undefined) this.#write((batch) => putIdentity(this.#identity, batch));
    const promise = store.get('meta', formationKey);
    this.#promise = promise === undefined ? undefined : (decodeJson(promise) as FormationRecord);
    this.#map = readCachedMap(store);
  }

  get nodeId(): NodeId {
    return this.#identity.nodeId;
  }

  /** Set once the node takes part in a cluster, for good. */
  get clusterId(): ClusterId | undefined {
    return this.#identity.clusterId;
  }

  /** The formation that this node promised itself to, started or not. */
  get promise(): FormationRecord | undefined {
    return this.#promise;
  }

  get map(): ClusterMap | undefined {
    return this.#map;
  }

  promiseTo(record: FormationRecord): void {
    this.#promise = record;
    this.#write((batch) => batch.put('meta', formationKey, encodeJson(record)));
  }

  /** `map`: of a cluster that exists already; a member that restarts must know where the others are. */
  joinCluster(clusterId: ClusterId, map?: ClusterMap): void {
    this.#identity = { ...this.#identity, clusterId };
    this.#write((batch) => {
      putIdentity(this.#identity, batch);
      if (map !== undefined) putCachedMap(map, batch);
    });
  }

  /** @returns false when the map is not newer than the known one. */
  learnMap(map: ClusterMap): boolean {
    if (map.epoch <= (this.#map?.epoch ?? 0)) return false;
    this.#map = map;
    const batch = this.#store.batch();
    putCachedMap(map, batch);
    this.#store.write(batch, { sync: false });
    return true;
  }

  #write(fill: (batch: ReturnType<KvEngine['batch']>) => void): void {
    const batch = this.#store.batch();
    fill(batch);
    this.#store.write(batch, { sync: true });
  }
}
