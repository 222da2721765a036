// SPDX-License-Identifier: Apache-2.0
import { KubeError, type KubeApi, type KubeObject, type Resource } from '../../ports/kube-api.ts';
import type { Fields } from '../schema.ts';
import type { Judge } from './rule-cases.ts';

export const clusterResource: Resource = {
  apiVersion: 'shortlink.dev/v1alpha1',
  kind: 'ShortLinkCluster',
  plural: 'shortlinkclusters',
  namespaced: true,
};

const fieldManager = 'shortlink-rule-cases';

/**
 * Asks a real API server, by dry runs in a namespace where nothing of the kind is. For a change the object before it is
 * there for a while, so no operator should run.
 */
export function serverJudge(api: KubeApi, namespace: string, signal: AbortSignal): Judge {
  const apply = async (object: Fields, dryRun: boolean): Promise<void> => {
    const { metadata } = object;
    const placed = { ...object, metadata: { ...(metadata as Fields), namespace } } as Fields & KubeObject;
    await api.apply(clusterResource, placed, { fieldManager, force: true, dryRun }, signal);
  };
  return async (before, after) => {
    if (before === undefined) return verdictsOf(() => apply(after, true));
    await apply(before, false);
    try {
      return await verdictsOf(() => apply(after, true));
    } finally {
      const { name } = before['metadata'] as KubeObject['metadata'];
      await api.delete(clusterResource, { namespace, name }, { propagation: 'Background' }, signal);
    }
  };
}

/** The server names all that is wrong in one sentence. */
async function verdictsOf(ask: () => Promise<void>): Promise<readonly string[]> {
  try {
    await ask();
    return [];
  } catch (error) {
    if (error instanceof KubeError && error.status === 422) return [error.message];
    throw error;
  }
}
