// SPDX-License-Identifier: Apache-2.0
import type { Fields } from './cluster-input.ts';

/** How lists of a pod are merged: by the field that names their items. All other lists are replaced. */
const keyByList: Readonly<Record<string, string>> = {
  containers: 'name',
  initContainers: 'name',
  env: 'name',
  ports: 'containerPort',
  volumeMounts: 'mountPath',
  volumes: 'name',
  topologySpreadConstraints: 'topologyKey',
};

/** Items of these lists have alternatives, such as the source of a volume: one is taken as a whole or not at all. */
const wholeItems: ReadonlySet<string> = new Set([
  'env',
  'ports',
  'volumeMounts',
  'volumes',
  'topologySpreadConstraints',
]);

/** `over` into `base`, as Kubernetes merges pods: maps by their keys, lists as above; null takes a field away. */
export function mergePod(base: Fields, over: Fields): Fields {
  const merged = new Map<string, unknown>(Object.entries(base));
  for (const [name, value] of Object.entries(over)) {
    if (value === null) merged.delete(name);
    else if (value !== undefined) merged.set(name, mergeValue(name, merged.get(name), value));
  }
  return Object.fromEntries(merged);
}

function mergeValue(name: string, base: unknown, over: unknown): unknown {
  if (isFields(base) && isFields(over)) return mergePod(base, over);
  const key = keyByList[name];
  if (key === undefined || !Array.isArray(base) || !Array.isArray(over)) return over;
  return mergeList({ base, over, key, isWhole: wholeItems.has(name) });
}

interface Lists {
  readonly base: readonly unknown[];
  readonly over: readonly unknown[];
  readonly key: string;
  readonly isWhole: boolean;
}

/** What is in both stays at its place; what is new comes after it. Of two items of one key the later one counts. */
function mergeList({ base, over, key, isWhole }: Lists): readonly unknown[] {
  const keyOf = (item: unknown): unknown => (isFields(item) ? item[key] : undefined);
  const find = (list: readonly unknown[], wanted: unknown): unknown =>
    list.findLast((item) => wanted !== undefined && keyOf(item) === wanted);
  const changed = base.map((item) => {
    const other = find(over, keyOf(item));
    if (other === undefined) return item;
    return isWhole || !isFields(item) || !isFields(other) ? other : mergePod(item, other);
  });
  const added = over.filter((item) => {
    const itemKey = keyOf(item);
    return itemKey === undefined || (find(base, itemKey) === undefined && find(over, itemKey) === item);
  });
  return [...changed, ...added];
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
