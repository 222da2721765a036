// SPDX-License-Identifier: Apache-2.0
import type { KubeObject, ObjectKey } from '../../ports/kube-api.ts';
import { keyOfObject, keyText } from '../../ports/resource-key.ts';
import { IndexSet } from './indexes.ts';
import type { IndexName } from './indexes.ts';

/** What happened to one object; another uid under the same name is a deletion and an addition. */
export type Change =
  | { readonly type: 'added'; readonly object: KubeObject }
  | { readonly type: 'updated'; readonly object: KubeObject; readonly previous: KubeObject }
  | { readonly type: 'deleted'; readonly object: KubeObject };

/** Objects of one resource by key, with indexes. */
export class ObjectCache {
  readonly #objects = new Map<string, KubeObject>();
  readonly #indexes: IndexSet;

  constructor(labels: readonly string[]) {
    this.#indexes = new IndexSet(labels);
  }

  get size(): number {
    return this.#objects.size;
  }

  get(key: ObjectKey): KubeObject | undefined {
    return this.#objects.get(keyText(key));
  }

  list(): readonly KubeObject[] {
    return [...this.#objects.values()];
  }

  byIndex(name: IndexName, value: string): readonly KubeObject[] {
    const keys = this.#indexes.keys(name, value);
    return keys.map((key) => this.#objects.get(key)).filter((object) => object !== undefined);
  }

  put(object: KubeObject): readonly Change[] {
    const key = keyText(keyOfObject(object));
    const previous = this.#objects.get(key);
    if (previous !== undefined && isSame(previous, object)) return [];
    this.#store(key, previous, object);
    if (previous === undefined) return [{ type: 'added', object }];
    if (previous.metadata.uid === object.metadata.uid) return [{ type: 'updated', object, previous }];
    return [
      { type: 'deleted', object: previous },
      { type: 'added', object },
    ];
  }

  /** Nothing has this key any more. */
  remove(object: KubeObject): readonly Change[] {
    const key = keyText(keyOfObject(object));
    const previous = this.#objects.get(key);
    if (previous === undefined) return [];
    this.#objects.delete(key);
    this.#indexes.remove(key, previous);
    // Of one and the same object its last state is more than what was known of it.
    return [{ type: 'deleted', object: previous.metadata.uid === object.metadata.uid ? object : previous }];
  }

  /** These are all objects that there are. */
  replaceAll(objects: readonly KubeObject[]): readonly Change[] {
    const present = new Set(objects.map((object) => keyText(keyOfObject(object))));
    const gone = [...this.#objects].filter(([key]) => !present.has(key)).flatMap(([, object]) => this.remove(object));
    return [...gone, ...objects.flatMap((object) => this.put(object))];
  }

  #store(key: string, previous: KubeObject | undefined, object: KubeObject): void {
    if (previous !== undefined) this.#indexes.remove(key, previous);
    this.#objects.set(key, object);
    this.#indexes.add(key, object);
  }
}

function isSame(one: KubeObject, other: KubeObject): boolean {
  return one.metadata.uid === other.metadata.uid && one.metadata.resourceVersion === other.metadata.resourceVersion;
}
