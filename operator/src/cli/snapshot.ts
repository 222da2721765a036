// SPDX-License-Identifier: Apache-2.0
import type { ShortLinkCluster } from '../crd/shortlink-cluster.gen.ts';
import { clusterLabel } from '../desired/names.ts';
import { KubeError } from '../ports/kube-api.ts';
import type { KubeObject, ObjectKey, Resource } from '../ports/kube-api.ts';
import { Caches, type Cache } from '../reconcile/caches.ts';
import { claims, machines, madeAndFollowed, pods, storageClasses } from '../reconcile/watched.ts';
import type { IndexName } from '../runtime/informer/indexes.ts';
import { listAll } from '../runtime/informer/list-all.ts';
import { isForbidden } from './failures.ts';
import type { Session } from './session.ts';

const pageSize = 500;

export interface Snapshot {
  readonly caches: Caches;
  /** What could not be read, and what that means for what is shown. */
  readonly warnings: readonly string[];
}

/**
 * What the operator's caches hold of a cluster, read once. Without Nodes and StorageClasses it does as the operator does that may
 * not read them; without anything else a plan would be about another cluster. @throws KubeError
 */
export async function readSnapshot(
  session: Session,
  cluster: ShortLinkCluster,
  signal: AbortSignal,
): Promise<Snapshot> {
  const { name, namespace } = cluster.metadata;
  const ofCluster = { namespace, labelSelector: `${clusterLabel}=${name}`, pageSize };
  const warnings: string[] = [];
  const read = async (resource: Resource, scope: Parameters<typeof listAll>[2]): Promise<Cache> => {
    try {
      return new ReadOnce(resource, (await listAll(session.kube, resource, scope, signal)).items);
    } catch (error) {
      const isUnknownKind = error instanceof KubeError && error.status === 404;
      const mayLack = isForbidden(error) && !resource.namespaced;
      if (!mayLack && !isUnknownKind) throw error;
      if (mayLack) warnings.push(`you may not list ${resource.plural}: the plan is made without them`);
      return new ReadOnce(resource, [], isUnknownKind ? `Kubernetes knows no ${resource.kind}` : undefined);
    }
  };
  const listed = [pods, claims, ...madeAndFollowed];
  const caches = await Promise.all([
    ...listed.map(async (resource) => read(resource, ofCluster)),
    ...[machines, storageClasses].map(async (resource) => read(resource, { pageSize })),
  ]);
  return { caches: new Caches(caches), warnings };
}

class ReadOnce implements Cache {
  readonly resource: Resource;
  readonly absence: string | undefined;
  readonly #items: readonly KubeObject[];

  constructor(resource: Resource, items: readonly KubeObject[], absence?: string) {
    this.resource = resource;
    this.absence = absence;
    this.#items = items;
  }

  get({ namespace, name }: ObjectKey): KubeObject | undefined {
    return this.#items.find(({ metadata }) => metadata.name === name && metadata.namespace === namespace);
  }

  list(): readonly KubeObject[] {
    return this.#items;
  }

  byIndex(name: IndexName, value: string): readonly KubeObject[] {
    const label = name.slice('label:'.length);
    return this.#items.filter(({ metadata }) => metadata.labels?.[label] === value);
  }
}
