// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '../../src/ports/clock.ts';
import type { DeleteOptions, KubeObject, ObjectKey, Resource } from '../../src/ports/kube-api.ts';
import { type Manager, afterApply, afterUpdate, isSameOwnership } from '../apply/managed-fields.ts';
import { listProblem } from '../apply/merge.ts';
import { undeclaredField } from '../apply/structural.ts';
import { type JsonMap, fieldsOf, isEqual, mapIn, objectOf, plainCopy, without } from '../objects/json.ts';
import { isReleased, markedForDeletion } from './deletion.ts';
import { badRequest, conflict, failure, nameOf, notFound } from './failures.ts';
import { type Kind, type ResourceOf, type Scope, wholeSchema } from './kind.ts';
import { ObjectStore, keyOf } from './object-store.ts';
import { admitted, checkMetadata, checkNamespace, replaced } from './writes.ts';

export interface WriteOptions {
  readonly dryRun?: boolean | undefined;
}

export interface CoreOptions {
  readonly clock: Clock;
  readonly kinds: readonly Kind[];
  /** Events that are remembered for watches and pages. */
  readonly maxHistory: number;
}

/** The API server's rules over the store; its calls take no time, so that controllers and clients meet one order of events. */
export class Core implements Scope {
  readonly store: ObjectStore;
  readonly #clock: Clock;
  readonly #kinds: ReadonlyMap<string, Kind>;
  #objectsMade = 0;

  constructor(options: CoreOptions) {
    this.store = new ObjectStore(options.maxHistory);
    this.#clock = options.clock;
    this.#kinds = new Map(options.kinds.map((kind) => [`${kind.resource.apiVersion}/${kind.resource.plural}`, kind]));
  }

  get nowMs(): number {
    return this.#clock.nowMs();
  }

  /** @throws KubeError 404 for a resource that this server does not know. */
  kindOf(resource: Resource): Kind {
    const kind = this.#kinds.get(`${resource.apiVersion}/${resource.plural}`);
    if (kind === undefined) throw failure(404, 'NotFound', `the server could not find ${resource.plural}`);
    return kind;
  }

  /** The kind that an owner reference names. */
  kindNamed(apiVersion: string, name: string): Kind | undefined {
    return [...this.#kinds.values()].find(
      (one) => one.resource.apiVersion === apiVersion && one.resource.kind === name,
    );
  }

  get kinds(): readonly Kind[] {
    return [...this.#kinds.values()];
  }

  get<T extends KubeObject>(resource: ResourceOf<T>, key: ObjectKey): T | undefined {
    return this.store.get(this.kindOf(resource).resource, key) as T | undefined;
  }

  list<T extends KubeObject>(resource: ResourceOf<T>, namespace?: string): readonly T[] {
    const all = this.store.all(this.kindOf(resource).resource) as readonly T[];
    return namespace === undefined ? all : all.filter((one) => one.metadata.namespace === namespace);
  }

  create(resource: Resource, given: KubeObject, by: Manager, options: WriteOptions = {}): KubeObject {
    const kind = this.kindOf(resource);
    const object = fieldsOf(plainCopy(given));
    checkMetadata(kind, object);
    if (given.metadata.resourceVersion !== undefined) {
      throw badRequest('resourceVersion should not be set on objects to be created');
    }
    checkNamespace(kind, object, this);
    const key = keyOf(objectOf(object));
    if (this.store.get(kind.resource, key) !== undefined) {
      throw failure(409, 'AlreadyExists', `${nameOf(resource, key)} already exists`);
    }
    const born = this.#born(kind, object);
    return this.#keep(kind, undefined, afterUpdate(undefined, born, by, wholeSchema(kind)), options);
  }

  replace(resource: Resource, given: KubeObject, by: Manager, options: WriteOptions = {}): KubeObject {
    const kind = this.kindOf(resource);
    const object = fieldsOf(plainCopy(given));
    checkMetadata(kind, object);
    const before = this.#current(kind, keyOf(given));
    if (given.metadata.resourceVersion === undefined) {
      throw failure(422, 'Invalid', 'metadata.resourceVersion: Invalid value: "": must be specified for an update');
    }
    checkPreconditions(resource, before, given.metadata);
    const next = replaced(kind, fieldsOf(before), object, { scope: this, subresource: by.subresource });
    return this.#keep(kind, before, afterUpdate(fieldsOf(before), next, by, wholeSchema(kind)), options);
  }

  apply(
    resource: Resource,
    given: KubeObject,
    by: Manager,
    options: WriteOptions & { readonly force: boolean },
  ): KubeObject {
    const kind = this.kindOf(resource);
    const whole = fieldsOf(plainCopy(given));
    checkMetadata(kind, whole);
    if (mapIn(whole, 'metadata')['managedFields'] !== undefined) throw badRequest('metadata.managedFields must be nil');
    if (by.subresource === 'status' && !kind.hasStatus) throw notFound(resource, keyOf(given));
    const applied = writable(kind, whole, by.subresource);
    const schema = wholeSchema(kind);
    const problem = listProblem(applied, schema);
    if (problem !== undefined) throw badRequest(`failed to create typed patch object: ${problem}`);
    const undeclared = kind.isStructural === true ? undeclaredField(applied, kind.schema) : undefined;
    if (undeclared !== undefined) {
      throw failure(
        500,
        'InternalError',
        `failed to create typed patch object: ${undeclared}: field not declared in schema`,
      );
    }
    const before = this.store.get(kind.resource, keyOf(given));
    if (before === undefined) return this.#applyNew(kind, applied, by, options);
    checkPreconditions(resource, before, given.metadata);
    const outcome = afterApply(fieldsOf(before), applied, { by, force: options.force, schema });
    if ('conflicts' in outcome) {
      const told = outcome.conflicts.map((one) => `conflict with "${one.manager}": ${one.paths.join(', ')}`);
      throw failure(409, 'Conflict', `Apply failed with ${told.length} conflict(s): ${told.join('; ')}`);
    }
    const next = replaced(kind, fieldsOf(before), outcome.object, { scope: this, subresource: by.subresource });
    return this.#keep(kind, before, withManagersOf(next, outcome.object), options);
  }

  #applyNew(kind: Kind, applied: JsonMap, by: Manager, options: WriteOptions): KubeObject {
    const { resource } = kind;
    const { uid, resourceVersion } = objectOf(applied).metadata;
    const key = keyOf(objectOf(applied));
    if (by.subresource === 'status') throw notFound(resource, key);
    if (uid !== undefined || resourceVersion !== undefined) throw conflict(resource, key, 'there is no such object');
    checkNamespace(kind, applied, this);
    const outcome = afterApply(undefined, applied, { by, force: false, schema: wholeSchema(kind) });
    const object = 'object' in outcome ? outcome.object : applied;
    return this.#keep(kind, undefined, withManagersOf(this.#born(kind, object), object), options);
  }

  /** False when there is none. */
  delete(resource: Resource, key: ObjectKey, options: DeleteOptions): boolean {
    const kind = this.kindOf(resource);
    const object = this.store.get(kind.resource, key);
    if (object === undefined) return false;
    checkPreconditions(resource, object, options);
    const marked = markedForDeletion(object, kind, options, this.nowMs);
    this.#keep(kind, object, fieldsOf(marked), {});
    return true;
  }

  #current(kind: Kind, key: ObjectKey): KubeObject {
    const object = this.store.get(kind.resource, key);
    if (object === undefined) throw notFound(kind.resource, key);
    return object;
  }

  #born(kind: Kind, object: JsonMap): JsonMap {
    const uid = `5eed0000-0000-4000-8000-${String(++this.#objectsMade).padStart(12, '0')}`;
    return admitted(kind, object, { scope: this, uid });
  }

  #keep(kind: Kind, before: KubeObject | undefined, fields: JsonMap, options: WriteOptions): KubeObject {
    const next = plainCopy(objectOf(fields));
    if (options.dryRun === true) return next;
    if (before !== undefined && isSameButVersion(before, next)) return before;
    if (isReleased(next)) {
      this.store.remove(kind.resource, keyOf(next));
      return next;
    }
    return this.store.put(kind.resource, next);
  }
}

function isSameButVersion(before: KubeObject, next: KubeObject): boolean {
  const content = (object: KubeObject): JsonMap => {
    const all = fieldsOf(object);
    return { ...all, metadata: without(mapIn(all, 'metadata'), ['resourceVersion', 'managedFields']) };
  };
  return isEqual(content(before), content(next)) && isSameOwnership(fieldsOf(before), fieldsOf(next));
}

function withManagersOf(object: JsonMap, source: JsonMap): JsonMap {
  const managedFields = mapIn(source, 'metadata')['managedFields'];
  return { ...object, metadata: { ...mapIn(object, 'metadata'), managedFields } };
}

/** What a request may write: status by its subresource only, and nothing else by that. */
function writable(kind: Kind, object: JsonMap, subresource: 'status' | undefined): JsonMap {
  if (subresource === undefined) return kind.hasStatus ? without(object, ['status']) : object;
  const identity = Object.fromEntries(
    Object.entries(mapIn(object, 'metadata')).filter(([name]) => identityFields.includes(name)),
  );
  return { apiVersion: object['apiVersion'], kind: object['kind'], metadata: identity, status: object['status'] };
}

const identityFields = ['name', 'namespace', 'uid', 'resourceVersion'];

function checkPreconditions(
  resource: Resource,
  object: KubeObject,
  wanted: { readonly uid?: string | undefined; readonly resourceVersion?: string | undefined },
): void {
  const { uid, resourceVersion } = object.metadata;
  if (wanted.uid !== undefined && wanted.uid !== uid) {
    throw conflict(resource, keyOf(object), `the UID in the precondition (${wanted.uid}) is not ${String(uid)}`);
  }
  if (wanted.resourceVersion !== undefined && wanted.resourceVersion !== resourceVersion) {
    throw conflict(
      resource,
      keyOf(object),
      'the object has been modified; please apply your changes to the latest version',
    );
  }
}
