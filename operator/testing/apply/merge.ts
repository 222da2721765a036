// SPDX-License-Identifier: Apache-2.0
import { type Json, isList, isMap } from '../objects/json.ts';
import { type FieldSet, type Member, members } from './field-set.ts';
import { type Schema, itemKey, membersOf } from './schema.ts';

/** `applied` over `live`: fields of maps one by one, items of lists by their keys, everything else as one piece. */
export function merge(live: Json | undefined, applied: Json, schema: Schema | undefined): Json {
  const old = members(live, schema);
  const wanted = members(applied, schema);
  if (old === undefined || wanted === undefined || isList(live) !== isList(applied)) return applied;
  const was = new Map(old.map((one) => [one.segment, one.value]));
  const merged = wanted.map((one) => ({ ...one, value: merge(was.get(one.segment), one.value, one.schema) }));
  return assemble(applied, inOrder(old, merged));
}

/** Items that only the live list has stay before the item that followed them there. */
function inOrder(old: readonly Member[], wanted: readonly Member[]): readonly Member[] {
  const named = new Set(wanted.map((one) => one.segment));
  const out: Member[] = [];
  let next = 0;
  for (const one of wanted) {
    const place = old.findIndex((each) => each.segment === one.segment);
    for (; next <= place; next++) {
      const each = old[next];
      if (each !== undefined && !named.has(each.segment)) out.push(each);
    }
    out.push(one);
  }
  return [...out, ...old.slice(next).filter((one) => !named.has(one.segment))];
}

function assemble(like: Json, all: readonly Member[]): Json {
  if (isMap(like)) return Object.fromEntries(all.map((one) => [one.segment.slice(2), one.value]));
  return all.map((one) => one.value);
}

/** What a manager applied before and does not want any more goes, unless somebody else owns it. */
export function prune(
  value: Json,
  schema: Schema | undefined,
  sets: {
    readonly previous: FieldSet;
    readonly next: FieldSet | undefined;
    readonly others: readonly FieldSet[];
  },
): Json {
  const all = members(value, schema);
  if (all === undefined) return value;
  const kept = all.flatMap((one) => {
    const previous = sets.previous[one.segment];
    if (previous === undefined) return [one];
    const next = sets.next?.[one.segment];
    const others = sets.others.flatMap((set) => set[one.segment] ?? []);
    if (next === undefined && others.length === 0) return [];
    return [{ ...one, value: prune(one.value, one.schema, { previous, next, others }) }];
  });
  return assemble(value, kept);
}

/** Why the lists of an object cannot be merged: an item without a key, or two of one key. */
export function listProblem(value: Json | undefined, schema: Schema | undefined, path = ''): string | undefined {
  if (membersOf(value, schema) === 'keyed' && isList(value)) {
    const missing = value.findIndex((one) => itemKey(one, schema) === undefined);
    if (missing >= 0) return `${path}[${missing}]: an item of this list needs ${keysOf(schema)}`;
  }
  const all = members(value, schema) ?? [];
  const double = all.find((one, i) => all.findIndex((other) => other.segment === one.segment) !== i);
  if (double !== undefined) return `${path}: duplicate entries for ${double.segment.slice(2)}`;
  for (const one of all) {
    const problem = listProblem(one.value, one.schema, `${path}.${one.segment.slice(2)}`);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function keysOf(schema: Schema | undefined): string {
  return (schema?.['x-kubernetes-list-map-keys'] ?? []).join(' and ');
}
