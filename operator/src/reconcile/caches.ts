// SPDX-License-Identifier: Apache-2.0
import { clusterLabel } from '../desired/names.ts';
import type { KubeObject, ObjectKey, Resource } from '../ports/kube-api.ts';
import type { IndexName } from '../runtime/informer/indexes.ts';
import type { CachedObjects } from './observe.ts';
import { resources } from '../desired/resources.ts';
import { claims, machines, pods, storageClasses } from './watched.ts';

/** A cache of one kind, as an informer has it. */
export interface Cache {
  readonly resource: Resource;
  /** Why nothing can be found in it, in words; undefined: it is complete. */
  readonly absence?: string | undefined;
  get(key: ObjectKey): KubeObject | undefined;
  list(): readonly KubeObject[];
  byIndex(name: IndexName, value: string): readonly KubeObject[];
}

/** What is known of the objects of clusters, without asking anybody. */
export class Caches {
  readonly #byPlural = new Map<string, Cache[]>();

  /** One or several of a kind, of a namespace each; of kinds that the operator may not read there is none. */
  constructor(caches: readonly Cache[]) {
    for (const cache of caches) {
      const { plural } = cache.resource;
      this.#byPlural.set(plural, [...(this.#byPlural.get(plural) ?? []), cache]);
    }
  }

  get(resource: Resource, key: ObjectKey): KubeObject | undefined {
    for (const cache of this.#of(resource)) {
      const found = cache.get(key);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** Why objects of the kind cannot be found or made, in words; undefined: they can. */
  absence(resource: Resource): string | undefined {
    const all = this.#of(resource);
    if (all.length === 0) return `the operator does not follow ${resource.plural}`;
    return all.find(({ absence }) => absence !== undefined)?.absence;
  }

  /** All that belongs to a cluster. */
  of({ namespace, name }: { readonly namespace: string; readonly name: string }): CachedObjects {
    const labelled = (resource: Resource): readonly KubeObject[] => {
      const all = this.#of(resource).flatMap((cache) => cache.byIndex(`label:${clusterLabel}`, name));
      return all.filter(({ metadata }) => metadata.namespace === namespace);
    };
    const all = (resource: Resource): readonly KubeObject[] => this.#of(resource).flatMap((cache) => cache.list());
    return {
      statefulSet: this.get(resources.statefulSet, { namespace, name }),
      pods: labelled(pods),
      claims: labelled(claims),
      machines: all(machines),
      storageClasses: all(storageClasses),
    };
  }

  #of({ plural }: Resource): readonly Cache[] {
    return this.#byPlural.get(plural) ?? [];
  }
}
