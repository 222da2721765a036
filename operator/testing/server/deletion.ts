// SPDX-License-Identifier: Apache-2.0
import type { DeleteOptions, KubeObject } from '../../src/ports/kube-api.ts';
import { fieldsOf, isList, mapIn, objectOf } from '../objects/json.ts';
import type { Kind } from './kind.ts';

const orphanFinalizer = 'orphan';
const foregroundFinalizer = 'foregroundDeletion';

export function waitsForDependents(object: KubeObject): boolean {
  return hasFinalizer(object, foregroundFinalizer) && object.metadata.deletionTimestamp !== undefined;
}

export function orphansDependents(object: KubeObject): boolean {
  return hasFinalizer(object, orphanFinalizer) && object.metadata.deletionTimestamp !== undefined;
}

function hasFinalizer(object: KubeObject, finalizer: string): boolean {
  return object.metadata.finalizers?.includes(finalizer) === true;
}

/** The finalizers that a way of deletion leaves; only one of the two kinds of waiting at a time. */
function finalizersAfter(object: KubeObject, propagation: DeleteOptions['propagation']): readonly string[] {
  const own = object.metadata.finalizers ?? [];
  if (propagation === undefined) return own;
  const others = own.filter((one) => one !== orphanFinalizer && one !== foregroundFinalizer);
  if (propagation === 'Orphan') return [...others, orphanFinalizer];
  return propagation === 'Foreground' ? [...others, foregroundFinalizer] : others;
}

/** Nothing holds the object any more: it can go. */
export function isReleased(object: KubeObject): boolean {
  const specFinalizers = mapIn(fieldsOf(object), 'spec')['finalizers'];
  const held = (object.metadata.finalizers ?? []).length > 0 || (isList(specFinalizers) && specFinalizers.length > 0);
  return object.metadata.deletionTimestamp !== undefined && object.metadata.deletionGracePeriodSeconds === 0 && !held;
}

/** The object as a deletion leaves it. A second deletion may shorten the grace of the first one, never lengthen it. */
export function markedForDeletion(object: KubeObject, kind: Kind, options: DeleteOptions, nowMs: number): KubeObject {
  const asked = kind.graceSeconds?.(object, options.gracePeriodSeconds) ?? 0;
  const before = object.metadata.deletionGracePeriodSeconds;
  const isMarked = object.metadata.deletionTimestamp !== undefined;
  const graceSeconds = isMarked && before !== undefined ? Math.min(before, asked) : asked;
  const finalizers = finalizersAfter(object, options.propagation);
  const isShortened = !isMarked || graceSeconds !== before;
  const generation = object.metadata.generation;
  const fields = fieldsOf(object);
  const metadata = {
    ...mapIn(fields, 'metadata'),
    finalizers: finalizers.length === 0 ? undefined : finalizers,
    deletionGracePeriodSeconds: graceSeconds,
    deletionTimestamp: isShortened ? timestamp(nowMs + graceSeconds * 1000) : object.metadata.deletionTimestamp,
    // The API server counts the mark as a change of what is wanted.
    generation: generation === undefined || isMarked ? generation : generation + 1,
  };
  return objectOf({ ...fields, metadata });
}

/** Times of the API have whole seconds. */
export function timestamp(ms: number): string {
  return new Date(Math.floor(ms / 1000) * 1000).toISOString().replace('.000Z', 'Z');
}
