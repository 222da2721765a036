// SPDX-License-Identifier: Apache-2.0
import type { ClusterId } from '@shortlink/common/ids.ts';
import { limits } from '@shortlink/common/limits.ts';
import { clusterOfName, manifestsPrefix } from '../../core/lifecycle/object-names.ts';
import type { ObjectStore } from '../../ports/object-store.ts';

const timeoutMs = 30_000;
/** Ids begin with one of these: whatever else lies in the bucket is hardly listed. */
const firstDigits = '0123456789abcdef';

/** Clusters that have left a manifest in the store, in the order of their ids. @throws ObjectStoreError */
export async function* clustersIn(objects: ObjectStore): AsyncGenerator<ClusterId> {
  for (const digit of firstDigits) {
    let last: ClusterId | undefined;
    let cursor: string | undefined;
    do {
      const page = await objects.list({ prefix: digit, limit: limits.objectListMaxNames, cursor }, { timeoutMs });
      for (const { name } of page.objects) {
        const cluster = clusterOfName(name);
        if (cluster === undefined || cluster === last) continue;
        last = cluster;
        if (await hasManifest(objects, cluster)) yield cluster;
      }
      cursor = page.nextCursor;
    } while (cursor !== undefined);
  }
}

/** @throws ObjectStoreError */
export async function hasManifest(objects: ObjectStore, cluster: ClusterId): Promise<boolean> {
  const page = await objects.list({ prefix: manifestsPrefix(cluster), limit: 1 }, { timeoutMs });
  return page.objects.length > 0;
}
