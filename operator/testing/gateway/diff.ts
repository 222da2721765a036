// SPDX-License-Identifier: Apache-2.0
import type { KubeObject } from '../../src/ports/kube-api.ts';
import { type Json, fieldsOf, isEqual, isList, isMap, mapIn, without } from '../objects/json.ts';

export interface Change {
  /** As `spec.replicas`; empty for the whole object. */
  readonly path: string;
  readonly from: Json | undefined;
  readonly to: Json | undefined;
}

/** What the server keeps for itself. */
const bookkeeping = ['resourceVersion', 'managedFields', 'generation'];

function contentOf(object: KubeObject | undefined): Json | undefined {
  if (object === undefined) return undefined;
  const all = fieldsOf(object);
  return { ...all, metadata: without(mapIn(all, 'metadata'), bookkeeping) };
}

/** What differs between two states of an object, leaf by leaf. */
export function diff(before: KubeObject | undefined, after: KubeObject | undefined): readonly Change[] {
  return changes('', contentOf(before), contentOf(after));
}

function changes(path: string, from: Json | undefined, to: Json | undefined): readonly Change[] {
  if (isEqual(from, to)) return [];
  if (isMap(from) && isMap(to)) {
    const names = new Set([...Object.keys(from), ...Object.keys(to)]);
    return [...names].flatMap((name) => changes(path === '' ? name : `${path}.${name}`, from[name], to[name]));
  }
  if (isList(from) && isList(to) && from.length === to.length) {
    return from.flatMap((one, i) => changes(`${path}[${i}]`, one, to[i]));
  }
  return [{ path, from, to }];
}
