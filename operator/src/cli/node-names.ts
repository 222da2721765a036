// SPDX-License-Identifier: Apache-2.0
import { CliError } from '@shortlink/common/cli/exit-codes.ts';
import type { ShortLinkCluster } from '../crd/shortlink-cluster.gen.ts';
import { podName } from '../desired/names.ts';
import { ordinalOf } from '../plan/nodes-of-pods.ts';
import { listClusters } from './find-cluster.ts';
import type { Session } from './session.ts';

export const nodeArgument = {
  name: 'node',
  help: 'name of the pod, or its number (2 of links-2), or the id of the node',
} as const;

/** The name of the cluster that has such a node; undefined where the name of the node tells nothing, and there may be only one. */
export async function clusterOfNode(session: Session, text: string, signal: AbortSignal): Promise<string | undefined> {
  const all = await listClusters(session, session.namespace, signal);
  const found = all.find(
    ({ metadata, status }) =>
      ordinalOf(metadata.name, text) !== undefined || status?.nodes?.some(({ id }) => id === text) === true,
  );
  return found?.metadata.name;
}

/** The name of the pod that is meant. @throws CliError when the cluster has no such node */
export function podNamed(cluster: ShortLinkCluster, text: string): string {
  const { metadata, spec, status } = cluster;
  const byId = status?.nodes?.find(({ id }) => id === text)?.pod;
  const name = byId ?? (/^\d{1,6}$/.test(text) ? podName(metadata.name, Number(text)) : text);
  const ordinal = ordinalOf(metadata.name, name);
  const isThere = status?.nodes?.some(({ pod }) => pod === name) === true;
  if (ordinal !== undefined && (isThere || ordinal < spec.replicas)) return name;
  const known = (status?.nodes ?? []).flatMap(({ pod }) => pod ?? []);
  const hint = known.length === 0 ? 'status shows the nodes' : `there are ${known.join(', ')}`;
  throw new CliError('notFound', `${metadata.name} has no node ${text}; ${hint}`);
}
