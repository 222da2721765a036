// SPDX-License-Identifier: Apache-2.0
import { type Json, type JsonMap, canonicalText, isEqual, isList, isMap } from '../objects/json.ts';
import { type Schema, itemKey, membersOf, schemaOfField } from './schema.ts';

/**
 * Paths of fields, written as the API server writes them (`FieldsV1`): `f:name` for a field, `k:{…}` for an item of a list
 * that is a map by keys, `v:…` for an item of a set, `.` for the item itself. A path that ends has no members.
 */
export interface FieldSet {
  readonly [segment: string]: FieldSet;
}

export interface Member {
  readonly segment: string;
  readonly value: Json;
  readonly schema: Schema | undefined;
}

/** The members of a value that have owners of their own; undefined when it is one piece. */
export function members(value: Json | undefined, schema: Schema | undefined): readonly Member[] | undefined {
  const kind = membersOf(value, schema);
  if (kind === 'fields' && isMap(value)) {
    return Object.entries(value).flatMap(([name, one]) =>
      one === undefined ? [] : [{ segment: `f:${name}`, value: one, schema: schemaOfField(schema, name) }],
    );
  }
  if (!isList(value) || kind === undefined) return undefined;
  return value.map((one) => ({
    segment: kind === 'set' ? `v:${canonicalText(one)}` : `k:${canonicalText(itemKey(one, schema) ?? {})}`,
    value: one,
    schema: kind === 'set' ? undefined : schema?.items,
  }));
}

function isItem(segment: string): boolean {
  return segment.startsWith('k:');
}

export function fieldSetOf(value: Json, schema: Schema | undefined): FieldSet {
  return Object.fromEntries(
    (members(value, schema) ?? []).map((one) => [
      one.segment,
      { ...(isItem(one.segment) ? { '.': {} } : {}), ...fieldSetOf(one.value, one.schema) },
    ]),
  );
}

/** What is new or different in `after`; undefined when nothing is. */
export function changedFields(before: Json | undefined, after: Json, schema: Schema | undefined): FieldSet | undefined {
  if (before === undefined) return fieldSetOf(after, schema);
  const old = members(before, schema);
  const now = members(after, schema);
  if (old === undefined || now === undefined || now.length === 0) return isEqual(before, after) ? undefined : {};
  const was = new Map(old.map((one) => [one.segment, one.value]));
  const changed = now.flatMap((one) => {
    const previous = was.get(one.segment);
    const inner = changedFields(previous, one.value, one.schema);
    if (inner === undefined) return [];
    return [[one.segment, previous === undefined && isItem(one.segment) ? { '.': {}, ...inner } : inner] as const];
  });
  return changed.length === 0 ? undefined : Object.fromEntries(changed);
}

export function isEnd(set: FieldSet): boolean {
  return Object.keys(set).length === 0;
}

export function union(a: FieldSet, b: FieldSet): FieldSet {
  const out: Record<string, FieldSet> = { ...a };
  for (const [segment, inner] of Object.entries(b)) out[segment] = union(out[segment] ?? {}, inner);
  return out;
}

/** What both have; a path that ends covers everything below it. Undefined when that is nothing. */
export function overlap(a: FieldSet, b: FieldSet): FieldSet | undefined {
  if (isEnd(a)) return b;
  if (isEnd(b)) return a;
  return nonEmpty(
    Object.entries(a).map(([segment, inner]) => {
      const other = b[segment];
      return [segment, other === undefined ? undefined : overlap(inner, other)];
    }),
  );
}

/** Without what `taken` covers; undefined when nothing is left. */
export function subtract(set: FieldSet, taken: FieldSet): FieldSet | undefined {
  if (isEnd(taken)) return undefined;
  if (isEnd(set)) return set;
  return nonEmpty(
    Object.entries(set).map(([segment, inner]) => {
      const other = taken[segment];
      return [segment, other === undefined ? inner : subtract(inner, other)];
    }),
  );
}

/** Without the paths that lead to nothing in `value`; undefined when nothing is left. */
export function existing(set: FieldSet, value: Json, schema: Schema | undefined): FieldSet | undefined {
  if (isEnd(set)) return set;
  const there = new Map((members(value, schema) ?? []).map((one) => [one.segment, one]));
  return nonEmpty(
    Object.entries(set).map(([segment, inner]) => {
      const one = there.get(segment);
      if (segment === '.') return [segment, inner];
      return [segment, one === undefined ? undefined : existing(inner, one.value, one.schema)];
    }),
  );
}

function nonEmpty(entries: readonly (readonly [string, FieldSet | undefined])[]): FieldSet | undefined {
  const kept = entries.filter((entry): entry is readonly [string, FieldSet] => entry[1] !== undefined);
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}

/** The paths in words, as messages about conflicts name them. */
export function describe(set: FieldSet, prefix = ''): readonly string[] {
  if (isEnd(set)) return [prefix];
  return Object.entries(set).flatMap(([segment, inner]) => {
    if (segment === '.') return [prefix];
    const text = segment.startsWith('f:') ? `.${segment.slice(2)}` : `[${keyText(segment.slice(2))}]`;
    return describe(inner, prefix + text);
  });
}

function keyText(text: string): string {
  const key: unknown = JSON.parse(text);
  return isMap(key) ? entriesText(key) : text;
}

function entriesText(key: JsonMap): string {
  return Object.entries(key)
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    .join(',');
}
