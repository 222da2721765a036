// SPDX-License-Identifier: Apache-2.0
import { type Json, type JsonMap, canonicalText, isEqual, isList, mapIn, textIn, without } from '../objects/json.ts';
import { type FieldSet, changedFields, describe, existing, fieldSetOf, overlap, subtract, union } from './field-set.ts';
import { merge, prune } from './merge.ts';
import type { Schema } from './schema.ts';

/** Who writes, and by which way. One name that applies and updates is two managers. */
export interface Manager {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  readonly subresource: 'status' | undefined;
}

interface Entry extends Manager {
  readonly set: FieldSet;
}

export interface Conflict {
  readonly manager: string;
  readonly paths: readonly string[];
}

/** Metadata that the server decides; nobody owns it. */
const systemMetadata = [
  'name',
  'namespace',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'managedFields',
];

/** The part of an object whose fields have owners. */
export function ownable(object: JsonMap): JsonMap {
  const metadata = without(mapIn(object, 'metadata'), systemMetadata);
  const rest = without(object, ['apiVersion', 'kind', 'metadata']);
  return Object.keys(metadata).length === 0 ? rest : { metadata, ...rest };
}

function entriesOf(object: JsonMap | undefined): readonly Entry[] {
  const list = mapIn(object, 'metadata')['managedFields'];
  if (!isList(list)) return [];
  return list.map((one) => {
    const entry = one as JsonMap;
    return {
      manager: textIn(entry, 'manager'),
      operation: entry['operation'] === 'Apply' ? 'Apply' : 'Update',
      subresource: entry['subresource'] === 'status' ? 'status' : undefined,
      set: mapIn(entry, 'fieldsV1') as FieldSet,
    };
  });
}

function withEntries(object: JsonMap, entries: readonly Entry[]): JsonMap {
  const managedFields = entries
    .filter((one) => Object.keys(one.set).length > 0)
    .map(({ manager, operation, subresource, set }) => ({
      manager,
      operation,
      apiVersion: object['apiVersion'],
      fieldsType: 'FieldsV1',
      fieldsV1: set as JsonMap,
      ...(subresource === undefined ? {} : { subresource }),
    }));
  const metadata = without(mapIn(object, 'metadata'), ['managedFields']);
  return { ...object, metadata: managedFields.length === 0 ? metadata : { ...metadata, managedFields } };
}

function isSame(a: Manager, b: Manager): boolean {
  return a.manager === b.manager && a.operation === b.operation && a.subresource === b.subresource;
}

/** Whoever changes a field by other means than apply owns it from then on, alone. */
export function afterUpdate(before: JsonMap | undefined, after: JsonMap, by: Manager, schema: Schema): JsonMap {
  const now = ownable(after);
  const entries = entriesOf(before);
  const changed = before === undefined ? fieldSetOf(now, schema) : changedFields(ownable(before), now, schema);
  const others = entries
    .filter((one) => !isSame(one, by))
    .map((one) => withSet(one, changed === undefined ? one.set : subtract(one.set, changed), now, schema));
  const own = entries.find((one) => isSame(one, by))?.set ?? {};
  return withEntries(after, [...others, withSet(by, union(own, changed ?? {}), now, schema)]);
}

function withSet(manager: Manager, set: FieldSet | undefined, now: Json, schema: Schema): Entry {
  return { ...manager, set: set === undefined ? {} : (existing(set, now, schema) ?? {}) };
}

/**
 * Server-side apply. `live` is undefined when the object is new. Conflicts are fields that another manager owns and whose
 * values would change.
 */
export function afterApply(
  live: JsonMap | undefined,
  applied: JsonMap,
  how: { readonly by: Manager; readonly force: boolean; readonly schema: Schema },
): { readonly object: JsonMap } | { readonly conflicts: readonly Conflict[] } {
  const { by, schema } = how;
  const wanted = ownable(applied);
  const current = live === undefined ? {} : ownable(live);
  const entries = entriesOf(live);
  const others = entries.filter((one) => !isSame(one, by));
  const merged = merge(current, wanted, schema);
  const changed = changedFields(current, merged, schema);
  const conflicts = others.flatMap((one) => {
    const both = changed === undefined ? undefined : overlap(one.set, changed);
    return both === undefined || Object.keys(one.set).length === 0
      ? []
      : [{ manager: one.manager, paths: describe(both) }];
  });
  if (conflicts.length > 0 && !how.force) return { conflicts };
  const remaining = others.map((one) => ({
    ...one,
    set: (changed === undefined ? one.set : subtract(one.set, changed)) ?? {},
  }));
  const previous = entries.find((one) => isSame(one, by))?.set ?? {};
  const next = fieldSetOf(wanted, schema);
  const result = prune(merged, schema, { previous, next, others: remaining.map((one) => one.set) }) as JsonMap;
  const system = live ?? applied;
  const whole = {
    apiVersion: system['apiVersion'],
    kind: system['kind'],
    ...result,
    metadata: { ...systemOf(system), ...mapIn(result, 'metadata') },
  };
  return {
    object: withEntries(whole, [
      ...remaining.map((one) => withSet(one, one.set, result, schema)),
      { ...by, set: next },
    ]),
  };
}

function systemOf(object: JsonMap): JsonMap {
  return Object.fromEntries(
    Object.entries(mapIn(object, 'metadata')).filter(([name]) => systemMetadata.includes(name)),
  );
}

/** Same managers with the same fields, whatever their order. */
export function isSameOwnership(a: JsonMap, b: JsonMap): boolean {
  const texts = (object: JsonMap): readonly string[] =>
    entriesOf(object)
      .map((one) => canonicalText({ ...one }))
      .toSorted();
  return isEqual(texts(a), texts(b));
}
