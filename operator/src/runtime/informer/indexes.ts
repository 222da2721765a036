// SPDX-License-Identifier: Apache-2.0
import { defined } from '@shortlink/common/assert.ts';
import type { KubeObject } from '../../ports/kube-api.ts';

/** `owner`: by uid of any owner; `label:…`: by the value of that label. */
export type IndexName = 'owner' | `label:${string}`;

/** Keys of objects by what the objects say. */
export class IndexSet {
  readonly #indexes = new Map<string, Map<string, Set<string>>>();

  constructor(labels: readonly string[]) {
    this.#indexes.set('owner', new Map());
    for (const label of labels) this.#indexes.set(`label:${label}`, new Map());
  }

  keys(name: IndexName, value: string): readonly string[] {
    const index = defined(this.#indexes.get(name), `index ${name}`);
    return [...(index.get(value) ?? [])];
  }

  add(key: string, object: KubeObject): void {
    for (const [name, index] of this.#indexes) {
      for (const value of valuesOf(name, object)) {
        const keys = index.get(value) ?? new Set();
        index.set(value, keys.add(key));
      }
    }
  }

  remove(key: string, object: KubeObject): void {
    for (const [name, index] of this.#indexes) {
      for (const value of valuesOf(name, object)) {
        const keys = index.get(value);
        keys?.delete(key);
        if (keys?.size === 0) index.delete(value);
      }
    }
  }
}

function valuesOf(name: string, { metadata }: KubeObject): readonly string[] {
  if (name === 'owner') return (metadata.ownerReferences ?? []).map(({ uid }) => uid);
  const value = metadata.labels?.[name.slice('label:'.length)];
  return value === undefined ? [] : [value];
}
