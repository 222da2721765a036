// SPDX-License-Identifier: Apache-2.0
import type { ShortLinkCluster } from '../crd/shortlink-cluster.gen.ts';
import { selectorText } from '../desired/names.ts';
import type { PodObject } from '../reconcile/kube-views.ts';
import { pods } from '../reconcile/watched.ts';
import { listAll } from '../runtime/informer/list-all.ts';
import { isForbidden } from './failures.ts';
import type { Session } from './session.ts';

const pageSize = 200;

/** The pods of a cluster; undefined where the user may not see them. */
export async function podsOf(
  { kube }: Session,
  { metadata }: ShortLinkCluster,
  signal: AbortSignal,
): Promise<readonly PodObject[] | undefined> {
  const scope = { namespace: metadata.namespace, labelSelector: selectorText(metadata.name), pageSize };
  try {
    return (await listAll(kube, pods, scope, signal)).items;
  } catch (error) {
    if (isForbidden(error)) return undefined;
    throw error;
  }
}
