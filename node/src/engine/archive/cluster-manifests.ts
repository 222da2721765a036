// SPDX-License-Identifier: Apache-2.0
import { archiveVersion } from '../../core/archive/manifests.ts';
import type { ClusterMap } from '../../core/cluster/cluster-map.ts';
import { clusterManifestName, clusterManifestPrefix } from '../../core/lifecycle/object-names.ts';
import type { ChunkContext } from '../chunks/chunk-context.ts';
import { putDocument } from './documents.ts';
import { ManifestThinning } from './manifest-thinning.ts';

/** Publishes the maps of the cluster, one manifest for each epoch that the leader of the meta group sees. */
export class ClusterManifests {
  readonly #context: ChunkContext;
  #thinning: ManifestThinning | undefined;
  #published = 0;

  constructor(context: ChunkContext) {
    this.#context = context;
  }

  isDue(map: ClusterMap): boolean {
    return map.epoch > this.#published;
  }

  /** @throws SupersededError, ObjectStoreError */
  async publish(map: ClusterMap): Promise<void> {
    if (!this.isDue(map)) return;
    const { clusterId, epoch } = map;
    await this.#context.supersession.assertNot(clusterId);
    const manifest = { kind: 'cluster', version: archiveVersion, clusterId, map } as const;
    await putDocument(this.#context, clusterManifestName(clusterId, epoch), manifest);
    this.#published = epoch;
    this.#thinning ??= new ManifestThinning(this.#context, clusterManifestPrefix(clusterId));
    // Nobody refers to a map by its name, and the rule keeps the newest ones whoever applies it: no leadership is needed.
    await this.#thinning.published(async () => {
      await this.#context.supersession.assertNot(clusterId);
      return true;
    });
  }
}
