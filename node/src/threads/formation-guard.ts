// SPDX-License-Identifier: Apache-2.0
import type { ObjectStoreSettings } from '../adapters/object-store/open-object-store.ts';
import { clustersIn } from '../engine/archive/find-clusters.ts';
import { usualRetryPolicy } from '../engine/object-store/retrier.ts';
import type { FormationGuard } from '../ports/formation-guard.ts';
import { ObjectStoreError } from '../ports/object-store.ts';
import { openRetryingStore } from './object-store.ts';

/** Few: whoever asks asks again. */
const maxAttempts = 2;

/** Looks into the store only while a cluster is to be formed; undefined without an object store. */
export function formationGuard(settings: ObjectStoreSettings): FormationGuard | undefined {
  if (settings.url === '') return undefined;
  return {
    refusal: async () => {
      try {
        const occupant = await clusterAt(settings);
        return occupant === undefined ? undefined : refusalText(settings.url, occupant);
      } catch (error) {
        if (!(error instanceof ObjectStoreError)) throw error;
        return `the object store ${settings.url}, which may hold another cluster: ${error.message}`;
      }
    },
  };
}

/** A cluster that has left a manifest in the store. @throws ObjectStoreError */
export async function clusterAt(settings: ObjectStoreSettings): Promise<string | undefined> {
  const objects = await openRetryingStore(settings, { ...usualRetryPolicy, maxAttempts });
  try {
    const first = await clustersIn(objects).next();
    return first.done === true ? undefined : first.value;
  } finally {
    await objects.close();
  }
}

export function refusalText(url: string, cluster: string): string {
  return `formation is refused: the object store ${url} holds cluster ${cluster}. To bring that one back: npx shortlink cluster rebuild --from ${url} --data DIR. For a new cluster beside it: give objectStore.url another prefix`;
}
