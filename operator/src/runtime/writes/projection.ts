// SPDX-License-Identifier: Apache-2.0
import { canonicalJson } from './canonical-json.ts';
import { isFields, isNothing } from './fields.ts';

/**
 * Those parts of `observed` that `intent` speaks of: what the server and others added beside them is left out. Items of
 * lists belong together when they have the same `name` (containers, ports, variables, volumes) and no two of the intent
 * share one, else by their place; of
 * lists of the latter kind a different length is kept, so that an item too many shows.
 */
export function project(intent: unknown, observed: unknown): unknown {
  if (isNothing(intent) && isNothing(observed)) return undefined;
  if (Array.isArray(intent) && Array.isArray(observed)) return projectList(intent, observed);
  if (!isFields(intent) || !isFields(observed)) return observed;
  const parts = Object.keys(intent).map((key) => [key, project(intent[key], observed[key])]);
  return Object.fromEntries(parts.filter(([, value]) => value !== undefined));
}

/** Whether `observed` says all that `intent` says, to the letter. False may be a difference in writing only (`1Gi`, `1024Mi`). */
export function covers(observed: unknown, intent: unknown): boolean {
  return canonicalJson(project(intent, observed)) === canonicalJson(project(intent, intent));
}

function projectList(intent: readonly unknown[], observed: readonly unknown[]): unknown {
  const names = intent.map(nameOf);
  // A name that two items have (mounts of one volume) tells them apart no better than their place.
  if (!names.every((name) => name !== undefined) || new Set(names).size < names.length) {
    return observed.map((item, i) => (i < intent.length ? project(intent[i], item) : item));
  }
  return names.map((name, i) =>
    project(
      intent[i],
      observed.find((item) => nameOf(item) === name),
    ),
  );
}

function nameOf(item: unknown): string | undefined {
  return isFields(item) && typeof item['name'] === 'string' ? item['name'] : undefined;
}
