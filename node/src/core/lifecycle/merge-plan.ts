// SPDX-License-Identifier: Apache-2.0
import type { ChunkRun } from './chunk-set.ts';
import type { ChunkRecord } from './types.ts';

export interface MergePolicy {
  /** Chunks that a key may have as candidates, at least 2: a run for each, and room for the generation that comes next. */
  readonly maxCandidates: number;
  /** Size at which an output ends and the next one begins. */
  readonly targetBytes: number;
}

/** Members of one entry, and outputs of one merge: they, and the records, stay far below the limit of a proposal. */
const inputsMax = 4000;
const outputsMax = 1000;
/** Measured: 0.7 of the ratio of levels that would all be equal comes within a twentieth of the least that can be written. */
const ratioShare = 0.7;

/**
 * The chunks to merge next; empty: none. As long as there is room for one more run nothing is done. Then the newest runs
 * are merged, as few as make the result smaller than the run behind them by the ratio that keeps levels in proportion, so
 * that n generations of equal size are each written about k/(k+1) · (k!·n)^(1/k) times, with k = maxCandidates − 1.
 */
export function planMerge(runs: readonly ChunkRun[], { maxCandidates }: MergePolicy): readonly ChunkRecord[] {
  if (runs.length < maxCandidates) return [];
  const generations = runs.reduce((sum, run) => sum + run.lastGeneration - run.firstGeneration + 1, 0);
  const ratio = Math.max(1, ratioShare * generations ** (1 / (maxCandidates - 1)));
  let bytes = 0;
  const inputs: ChunkRecord[] = [];
  for (const [i, run] of runs.entries()) {
    if (inputs.length + run.chunks.length > inputsMax) break;
    inputs.push(...run.chunks);
    bytes += bytesOf(run);
    const older = runs[i + 1];
    if (i > 0 && older !== undefined && bytes * ratio <= bytesOf(older)) break;
  }
  return inputs.length < 2 ? [] : inputs;
}

function bytesOf({ chunks }: ChunkRun): number {
  return chunks.reduce((sum, { object }) => sum + object.sizeBytes, 0);
}

/** Where an output of a merge of these chunks ends. */
export function outputBytes(inputs: readonly ChunkRecord[], { targetBytes }: MergePolicy): number {
  const total = inputs.reduce((sum, { object }) => sum + object.sizeBytes, 0);
  return Math.max(targetBytes, Math.ceil(total / outputsMax));
}
