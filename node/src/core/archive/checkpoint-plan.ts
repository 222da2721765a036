// SPDX-License-Identifier: Apache-2.0
import type { GenerationSummary } from '../lifecycle/view.ts';
import type { CheckpointGarbage, CheckpointManifest, CheckpointPart } from './manifests.ts';

/** What a shard's state says when a checkpoint is taken. */
export interface CheckpointFacts {
  readonly timeMs: number;
  /** Newest first. */
  readonly generations: readonly Pick<GenerationSummary, 'id'>[];
  /** Newest first. */
  readonly idempotencyEpochs: readonly number[];
}

/** Objects that were unlinked so long ago by shard time may be deleted: whoever still reads them had time to finish. */
export const checkpointGarbageMinAgeMs: number = 60 * 60_000;

/** With more parts than this, all rows are written anew, so that a manifest stays small. */
const changesMaxParts = 100;
/** Below this, writing all rows anew would gain nothing. */
const changesFreeBytes = 4 * 1024 * 1024;

/**
 * The parts that still hold something. What a part holds of links and keys is in chunks once every generation up to its own is
 * retired; what it holds of the idempotency memory is forgotten once the epochs up to its time are.
 */
export function neededParts(parts: readonly CheckpointPart[], facts: CheckpointFacts): readonly CheckpointPart[] {
  const first = parts.findIndex((part) => holdsHotRows(part, facts) || holdsMemory(part, facts));
  return first === -1 ? [] : parts.slice(first);
}

/** Whether rows of links and keys in it may be newer than those in chunks: a row that is not must not hide them. */
export function holdsHotRows(part: CheckpointPart, { generations }: Pick<CheckpointFacts, 'generations'>): boolean {
  return part.generation >= (generations.at(-1)?.id ?? 0);
}

function holdsMemory({ timeMs }: CheckpointPart, { idempotencyEpochs }: CheckpointFacts): boolean {
  const oldest = idempotencyEpochs.at(-1);
  return oldest !== undefined && timeMs >= oldest;
}

/** Whether all rows should be written instead of more changes: their number and bytes stay in proportion, so the work does too. */
export function isFullDue(parts: readonly CheckpointPart[]): boolean {
  const changes = parts.filter(({ kind }) => kind === 'changes');
  const sum = (some: readonly CheckpointPart[]): number =>
    some.reduce((bytes, { object }) => bytes + object.sizeBytes, 0);
  const full = parts.filter(({ kind }) => kind === 'all');
  return changes.length >= changesMaxParts || sum(changes) > Math.max(changesFreeBytes, sum(full));
}

/** What nothing needs once the next checkpoint is there. `abandoned`: objects of attempts whose outcome is not known. */
export function nextGarbage(
  before: Pick<CheckpointManifest, 'parts' | 'garbage'> | undefined,
  next: {
    readonly timeMs: number;
    readonly parts: readonly CheckpointPart[];
    readonly abandoned: readonly string[];
    /** Deleted meanwhile. */
    readonly gone: ReadonlySet<string>;
    /** Of the manifest `before`. */
    readonly beforeName: string | undefined;
  },
): readonly CheckpointGarbage[] {
  const old = (before?.garbage ?? []).filter(({ name }) => !next.gone.has(name));
  const known = new Set([...next.parts.map(({ object }) => object.name), ...old.map(({ name }) => name)]);
  const dropped = (before?.parts ?? []).map(({ object }) => object.name);
  const names = [...dropped, ...next.abandoned, ...(next.beforeName === undefined ? [] : [next.beforeName])];
  const fresh = [...new Set(names)].filter((name) => !known.has(name));
  return [...old, ...fresh.map((name) => ({ name, unlinkedAtMs: next.timeMs }))];
}

/** What may be deleted now. */
export function deletableGarbage(garbage: readonly CheckpointGarbage[], timeMs: number): readonly string[] {
  return garbage
    .filter(({ unlinkedAtMs }) => timeMs - unlinkedAtMs >= checkpointGarbageMinAgeMs)
    .map(({ name }) => name);
}
