// SPDX-License-Identifier: Apache-2.0
import type { DesiredObject } from '../desired/desired-objects.ts';
import { clusterLabel } from '../desired/names.ts';
import type { KubeApi, KubeObject } from '../ports/kube-api.ts';
import { keyOfObject } from '../ports/resource-key.ts';
import { lookedUp } from './watched.ts';

/** An object of that name is not the cluster's. */
export class NotOursError extends Error {
  override readonly name = 'NotOursError';
}

/**
 * `wanted`, aimed at the object that it is to be applied to, by its uid; as it is, where there is none. Names are all that the
 * server judges by, and caches hold what has the cluster's label only: an object of somebody else would be taken over by an
 * apply, and removed with the cluster.
 *
 * A creation would never take one over, but its fields belong to an Update for ever, so that no later apply could take one of them
 * away. Therefore it is looked first, and an apply without a uid forces nothing (see Applier): what comes in between and
 * contradicts is a conflict.
 * @throws NotOursError when there is one that is not the cluster's.
 */
export async function aimed(api: KubeApi, wanted: DesiredObject, signal: AbortSignal): Promise<KubeObject> {
  const { object } = wanted;
  const found = await named(api, wanted, signal);
  if (found === undefined) return object;
  const { uid } = found.metadata;
  const what = `${object.kind} ${object.metadata.name}`;
  switch (ownershipOf(object, found)) {
    case 'own':
      return { ...object, metadata: { ...object.metadata, ...(uid === undefined ? {} : { uid }) } };
    case 'earlier':
      throw new NotOursError(`${what} is of an earlier cluster of this name: waiting until Kubernetes has removed it`);
    case 'foreign':
      throw new NotOursError(
        `${what} is there and does not belong to this cluster: delete it, or take another name for the cluster`,
      );
  }
}

/** With the rights that there are: what is followed may be listed, and what is looked up may be read. */
async function named(
  api: KubeApi,
  { resource, object }: DesiredObject,
  signal: AbortSignal,
): Promise<KubeObject | undefined> {
  const key = keyOfObject(object);
  if (lookedUp.has(resource)) return api.get(resource, key, signal);
  const { items } = await api.list(resource, key, signal);
  return items[0];
}

function ownershipOf({ metadata: wanted }: KubeObject, { metadata: found }: KubeObject): 'own' | 'earlier' | 'foreign' {
  const owners = found.ownerReferences ?? [];
  if (owners.some(({ uid }) => wanted.ownerReferences?.some((own) => own.uid === uid))) return 'own';
  const hasLabel = found.labels?.[clusterLabel] === wanted.labels?.[clusterLabel];
  if (!hasLabel) return 'foreign';
  // Without an owner: its cluster was deleted without what belonged to it.
  return owners.length === 0 ? 'own' : 'earlier';
}
