// SPDX-License-Identifier: Apache-2.0
import type { KubeObject, OwnerReference, Resource } from '../../src/ports/kube-api.ts';
import { fieldsOf, mapIn, objectOf } from '../objects/json.ts';
import type { Core } from '../server/core.ts';
import { orphansDependents, waitsForDependents } from '../server/deletion.ts';
import { keyOf } from '../server/object-store.ts';
import type { Controller } from './controllers.ts';
import { Hands } from './hands.ts';

interface Place {
  readonly resource: Resource;
  readonly object: KubeObject;
}

/** Deletes what has lost its owners, and lets owners go that wait for their dependents. */
export class GarbageCollector implements Controller {
  readonly name = 'garbage-collector';
  readonly #core: Core;
  readonly #hands: Hands;

  constructor(core: Core) {
    this.#core = core;
    this.#hands = new Hands(core, 'kube-controller-manager');
  }

  keys(): readonly string[] {
    return this.#all()
      .filter(({ object }) => isOwned(object) || waitsForDependents(object) || orphansDependents(object))
      .map(({ object }) => object.metadata.uid ?? '');
  }

  sync(uid: string): void {
    const place = this.#all().find(({ object }) => object.metadata.uid === uid);
    if (place === undefined) return;
    if (orphansDependents(place.object)) this.#orphan(place);
    else if (waitsForDependents(place.object) && this.#processForeground(place)) return;
    else if (isOwned(place.object)) this.#judge(place);
  }

  #all(): readonly Place[] {
    return this.#core.kinds.flatMap(({ resource }) =>
      this.#core.list(resource).map((object) => ({ resource, object })),
    );
  }

  #dependentsOf(owner: KubeObject): readonly Place[] {
    return this.#all().filter(({ object }) =>
      object.metadata.ownerReferences?.some((one) => one.uid === owner.metadata.uid),
    );
  }

  #orphan({ resource, object }: Place): void {
    for (const dependent of this.#dependentsOf(object)) {
      this.#setOwners(dependent, (one) => one.uid !== object.metadata.uid);
    }
    this.#dropFinalizer({ resource, object }, 'orphan');
  }

  /** True when there was something to do for it. */
  #processForeground(place: Place): boolean {
    const dependents = this.#dependentsOf(place.object);
    const blocking = dependents.filter(({ object }) =>
      object.metadata.ownerReferences?.some((one) => one.uid === place.object.metadata.uid && one.blockOwnerDeletion),
    );
    if (blocking.length === 0) {
      this.#dropFinalizer(place, 'foregroundDeletion');
      return true;
    }
    return false;
  }

  #judge({ resource, object }: Place): void {
    if (object.metadata.deletionTimestamp !== undefined) return;
    const owners = object.metadata.ownerReferences ?? [];
    const known = owners.filter((one) => this.#core.kindNamed(one.apiVersion, one.kind) !== undefined);
    // An owner of a kind that nobody serves may be there all the same.
    if (known.length < owners.length) return;
    const found = owners.map((one) => ({ reference: one, owner: this.#ownerOf(one, object) }));
    const solid = found.filter(({ owner }) => owner !== undefined && !waitsForDependents(owner));
    if (solid.length > 0) {
      const kept = new Set(solid.map(({ reference }) => reference.uid));
      if (kept.size < owners.length) this.#setOwners({ resource, object }, (one) => kept.has(one.uid));
      return;
    }
    const isWaitedFor = found.some(({ owner }) => owner !== undefined);
    const hasDependents = this.#dependentsOf(object).length > 0;
    this.#hands.delete(resource, object, {
      propagation: isWaitedFor && hasDependents ? 'Foreground' : 'Background',
    });
  }

  #ownerOf(reference: OwnerReference, dependent: KubeObject): KubeObject | undefined {
    const kind = this.#core.kindNamed(reference.apiVersion, reference.kind);
    if (kind === undefined) return undefined;
    const namespace = kind.resource.namespaced ? dependent.metadata.namespace : undefined;
    const owner = this.#core.get(kind.resource, { namespace, name: reference.name });
    return owner?.metadata.uid === reference.uid ? owner : undefined;
  }

  #setOwners({ resource, object }: Place, isKept: (owner: OwnerReference) => boolean): void {
    const current = this.#core.get(resource, keyOf(object)) ?? object;
    const ownerReferences = (current.metadata.ownerReferences ?? []).filter(isKept);
    this.#hands.update(resource, withMetadata(current, { ownerReferences }));
  }

  #dropFinalizer({ resource, object }: Place, finalizer: string): void {
    const finalizers = (object.metadata.finalizers ?? []).filter((one) => one !== finalizer);
    this.#hands.update(resource, withMetadata(object, { finalizers }));
  }
}

function isOwned(object: KubeObject): boolean {
  return (object.metadata.ownerReferences ?? []).length > 0;
}

function withMetadata(object: KubeObject, changes: object): KubeObject {
  const all = fieldsOf(object);
  return objectOf({ ...all, metadata: { ...mapIn(all, 'metadata'), ...fieldsOf(changes) } });
}
