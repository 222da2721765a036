// SPDX-License-Identifier: Apache-2.0
import { CliError } from '@shortlink/common/cli/exit-codes.ts';
import { storedCluster } from '../crd/read-cluster.ts';
import type { ShortLinkCluster } from '../crd/shortlink-cluster.gen.ts';
import { clusters } from '../reconcile/watched.ts';
import { listAll } from '../runtime/informer/list-all.ts';
import type { Session } from './session.ts';

const pageSize = 200;

/** Those of a namespace, or all of them. */
export async function listClusters(
  { kube }: Session,
  namespace: string | undefined,
  signal: AbortSignal,
): Promise<readonly ShortLinkCluster[]> {
  const { items } = await listAll(kube, clusters, { namespace, pageSize }, signal);
  return items.map(storedCluster);
}

/** The cluster of that name, or the only one of the namespace. @throws CliError */
export async function findCluster(
  session: Session,
  name: string | undefined,
  signal: AbortSignal,
): Promise<ShortLinkCluster> {
  const { kube, namespace } = session;
  if (name !== undefined) {
    const found = await kube.get(clusters, { namespace, name }, signal);
    if (found !== undefined) return storedCluster(found);
  }
  const all = await listClusters(session, namespace, signal);
  const [only] = all;
  if (name === undefined && only !== undefined && all.length === 1) return only;
  const names = all.map(({ metadata }) => metadata.name).join(', ');
  if (name === undefined && only !== undefined)
    throw new CliError('usage', `namespace ${namespace} has several clusters; name one of ${names}`);
  const what = name === undefined ? 'no ShortLinkCluster' : `no ShortLinkCluster ${name}`;
  const hint = names === '' ? '-n chooses another namespace, and status -A lists all clusters' : `there is ${names}`;
  throw new CliError('notFound', `namespace ${namespace} has ${what}; ${hint}`);
}
