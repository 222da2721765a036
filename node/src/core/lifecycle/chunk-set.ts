// SPDX-License-Identifier: Apache-2.0
import { assert } from '@shortlink/common/assert.ts';
import { compareBytes } from '@shortlink/common/bytes.ts';
import type { ChunkRecord } from './types.ts';

/** Where the rows of a chunk come from: generations, and the range of its keys. */
export interface ChunkPlace {
  readonly firstGeneration: number;
  readonly lastGeneration: number;
  readonly object: { readonly firstKey: Uint8Array; readonly lastKey: Uint8Array };
}

/**
 * Chunks that hold the same generations: those of one merge, or a single one. Their ranges of keys are disjoint, so a key
 * has at most one candidate among them.
 */
export interface ChunkRun {
  readonly firstGeneration: number;
  readonly lastGeneration: number;
  /** In the order of their keys. */
  readonly chunks: readonly ChunkRecord[];
}

export function shareGenerations(a: Omit<ChunkPlace, 'object'>, b: Omit<ChunkPlace, 'object'>): boolean {
  return a.firstGeneration <= b.lastGeneration && b.firstGeneration <= a.lastGeneration;
}

export function shareKeys(a: ChunkPlace['object'], b: ChunkPlace['object']): boolean {
  return compareBytes(a.firstKey, b.lastKey) <= 0 && compareBytes(b.firstKey, a.lastKey) <= 0;
}

/**
 * The runs of a chunk set, the one with the newest rows first: of the rows of a key the first that is found is the newest.
 * @throws InvariantError when chunks share generations and keys, so that nobody could tell which row is newer (CL-I9).
 */
export function runsOf(chunks: readonly ChunkRecord[]): ChunkRun[] {
  const byGenerations = new Map<string, ChunkRecord[]>();
  for (const chunk of chunks) {
    const name = `${chunk.firstGeneration}-${chunk.lastGeneration}`;
    const run = byGenerations.get(name);
    if (run === undefined) byGenerations.set(name, [chunk]);
    else run.push(chunk);
  }
  const runs = [...byGenerations.values()].map(toRun);
  runs.sort((a, b) => b.lastGeneration - a.lastGeneration || b.firstGeneration - a.firstGeneration);
  checkRuns(runs);
  return runs;
}

function toRun(chunks: ChunkRecord[]): ChunkRun {
  chunks.sort((a, b) => compareBytes(a.object.firstKey, b.object.firstKey));
  const [first] = chunks;
  assert(first !== undefined, 'a run has chunks');
  for (const [i, chunk] of chunks.entries()) {
    const next = chunks[i + 1];
    if (next !== undefined) checkApart(chunk, next);
  }
  const { firstGeneration, lastGeneration } = first;
  return { firstGeneration, lastGeneration, chunks };
}

function checkRuns(runs: readonly ChunkRun[]): void {
  for (const [i, run] of runs.entries()) {
    for (const older of runs.slice(i + 1)) {
      if (!shareGenerations(run, older)) continue;
      for (const chunk of run.chunks) for (const other of older.chunks) checkApart(chunk, other);
    }
  }
}

function checkApart(a: ChunkRecord, b: ChunkRecord): void {
  assert(
    !shareKeys(a.object, b.object),
    `CL-I9: ${a.object.name} and ${b.object.name} share keys and generations: neither is newer`,
  );
}

/** The one chunk of a run that may hold the key. */
export function candidateOf({ chunks }: ChunkRun, key: Uint8Array): ChunkRecord | undefined {
  let low = 0;
  let high = chunks.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const chunk = chunks[middle];
    if (chunk !== undefined && compareBytes(chunk.object.lastKey, key) < 0) low = middle + 1;
    else high = middle;
  }
  const candidate = chunks[low];
  return candidate !== undefined && compareBytes(candidate.object.firstKey, key) <= 0 ? candidate : undefined;
}

/** Chunks that some key has as candidates, at most: what a lookup may cost. */
export function candidatesMax(chunks: readonly ChunkPlace[]): number {
  const borders = chunks.flatMap(({ object }) => [
    { key: object.firstKey, step: 1 },
    { key: object.lastKey, step: -1 },
  ]);
  // Ranges include their ends: of borders at one key those that open come first.
  borders.sort((a, b) => compareBytes(a.key, b.key) || b.step - a.step);
  let open = 0;
  let most = 0;
  for (const { step } of borders) {
    open += step;
    most = Math.max(most, open);
  }
  return most;
}
