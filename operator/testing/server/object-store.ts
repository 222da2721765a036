// SPDX-License-Identifier: Apache-2.0
import type { KubeObject, ObjectKey, Resource } from '../../src/ports/kube-api.ts';
import { fieldsOf, mapIn, objectOf } from '../objects/json.ts';

/** One change. `after` is undefined when the object went. */
export interface StoredEvent {
  readonly revision: number;
  readonly resource: Resource;
  readonly before: KubeObject | undefined;
  readonly after: KubeObject | undefined;
}

/** Not at 1, and not far from where the number of digits changes: versions are no numbers to those who read them. */
const firstRevision = 980;

function groupOf(resource: Resource): string {
  return `${resource.apiVersion}/${resource.plural}`;
}

function placeOf(key: ObjectKey): string {
  return `${key.namespace ?? ''}/${key.name}`;
}

export function keyOf(object: KubeObject): ObjectKey {
  return { namespace: object.metadata.namespace, name: object.metadata.name };
}

/** Objects by resource, namespace and name, with a history of their changes: what etcd is to the API server. */
export class ObjectStore {
  readonly #objects = new Map<string, Map<string, KubeObject>>();
  /** Lists in order, until something of theirs changes. */
  readonly #lists = new Map<string, readonly KubeObject[]>();
  readonly #maxHistory: number;
  readonly #listeners = new Set<() => void>();
  #history: StoredEvent[] = [];
  #revision = firstRevision;
  #forgotten = firstRevision;

  constructor(maxHistory: number) {
    this.#maxHistory = maxHistory;
  }

  get revision(): number {
    return this.#revision;
  }

  /** The newest revision whose event may be forgotten: what is older cannot be read any more. */
  get forgotten(): number {
    return this.#forgotten;
  }

  get(resource: Resource, key: ObjectKey): KubeObject | undefined {
    return this.#objects.get(groupOf(resource))?.get(placeOf(key));
  }

  /** In the order of namespace and name. */
  all(resource: Resource): readonly KubeObject[] {
    const group = groupOf(resource);
    let list = this.#lists.get(group);
    if (list === undefined) this.#lists.set(group, (list = sorted(this.#objects.get(group) ?? new Map())));
    return list;
  }

  /** As it was at a revision that is not forgotten. */
  allAt(resource: Resource, revision: number): readonly KubeObject[] {
    if (revision === this.#revision) return this.all(resource);
    const state = new Map(this.#objects.get(groupOf(resource)));
    for (const event of this.eventsAfter(revision).toReversed()) {
      if (groupOf(event.resource) !== groupOf(resource)) continue;
      const object = event.before ?? event.after;
      if (object === undefined) continue;
      if (event.before === undefined) state.delete(placeOf(keyOf(object)));
      else state.set(placeOf(keyOf(object)), event.before);
    }
    return sorted(state);
  }

  put(resource: Resource, object: KubeObject): KubeObject {
    const before = this.get(resource, keyOf(object));
    const revision = ++this.#revision;
    const fields = fieldsOf(object);
    const metadata = { ...mapIn(fields, 'metadata'), resourceVersion: String(revision) };
    const after = objectOf({ ...fields, metadata });
    let group = this.#objects.get(groupOf(resource));
    if (group === undefined) this.#objects.set(groupOf(resource), (group = new Map()));
    group.set(placeOf(keyOf(after)), after);
    this.#record({ revision, resource, before, after });
    return after;
  }

  remove(resource: Resource, key: ObjectKey): void {
    const before = this.get(resource, key);
    if (before === undefined) return;
    this.#objects.get(groupOf(resource))?.delete(placeOf(key));
    this.#record({ revision: ++this.#revision, resource, before, after: undefined });
  }

  eventsAfter(revision: number): readonly StoredEvent[] {
    return this.#history.slice(Math.max(0, revision - this.#forgotten));
  }

  /** The next event, of any resource. Every revision has one. */
  eventAfter(revision: number): StoredEvent | undefined {
    return this.#history[Math.max(0, revision - this.#forgotten)];
  }

  /** Forgets all but the newest `keep` events, as etcd does every few minutes. */
  compact(keep = 0): void {
    const gone = this.#history.length - keep;
    if (gone <= 0) return;
    this.#forgotten = this.#history[gone - 1]?.revision ?? this.#forgotten;
    this.#history = this.#history.slice(gone);
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  #record(event: StoredEvent): void {
    this.#history.push(event);
    this.#lists.delete(groupOf(event.resource));
    if (this.#history.length > this.#maxHistory) this.compact(Math.ceil(this.#maxHistory / 2));
    for (const listener of this.#listeners) listener();
  }
}

function sorted(state: ReadonlyMap<string, KubeObject>): readonly KubeObject[] {
  return [...state].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, object]) => object);
}
