// SPDX-License-Identifier: Apache-2.0
import type { NodeId } from '@shortlink/common/ids.ts';
import type { ChunkRun } from './chunk-set.ts';
import type { MergeAbandoned, Merge, Replace } from './merge-events.ts';
import { planMerge } from './merge-plan.ts';
import type { MergePolicy } from './merge-plan.ts';
import { missingHolders } from './retire-rule.ts';
import type { MergeRecord, MergeResult, Placement } from './types.ts';

export interface MergeInput {
  readonly self: NodeId;
  readonly isLeader: boolean;
  readonly chunkSetVersion: number;
  /** Of the chunk set; only looked at by a leader while there is no merge. */
  readonly runs: readonly ChunkRun[];
  /** The merge that is under way. */
  readonly merge: MergeRecord | undefined;
  readonly policy: MergePolicy;
  /** Nodes that take chunks now. */
  readonly placement: Placement;
  /** All of them in the order in which they should read the merge again; the same on every node. */
  readonly readers: readonly NodeId[];
  /** Id of the merge that this node has read again and found right. */
  readonly verified: number | undefined;
  /** A clock that may be wrong: it decides only when something is done. */
  readonly nowMs: number;
}

/** One thing to do next; each is harmless when it is done late or twice. */
export type MergeWork =
  | { readonly kind: 'propose'; readonly command: Merge | Replace | MergeAbandoned }
  /** Read the inputs, write the outputs, and say so. */
  | { readonly kind: 'merge'; readonly record: MergeRecord }
  /** Read inputs and outputs again. */
  | { readonly kind: 'verify'; readonly record: MergeRecord; readonly result: MergeResult };

/** The next one reads again when those before have said nothing for so long. */
const readerPatienceMs = 5 * 60_000;
/** For a merge whose node is a member and says nothing. */
const mergePatienceMs = 12 * 60 * 60_000;

/** What this node should do for the merges of a shard. */
export function planMergeWork(input: MergeInput): MergeWork | undefined {
  const { merge, self, isLeader } = input;
  if (merge === undefined) return isLeader ? beginning(input) : undefined;
  if (merge.result !== undefined) return reading(merge, merge.result, input);
  if (merge.node === self) return { kind: 'merge', record: merge };
  return isLeader && isForsaken(merge, input)
    ? { kind: 'propose', command: { type: 'mergeAbandoned', merge: merge.id } }
    : undefined;
}

function beginning({ runs, policy, chunkSetVersion, self }: MergeInput): MergeWork | undefined {
  const inputs = planMerge(runs, policy).map(({ object }) => object.name);
  if (inputs.length === 0) return undefined;
  return { kind: 'propose', command: { type: 'merge', node: self, inputs, chunkSetVersion } };
}

function reading(record: MergeRecord, result: MergeResult, input: MergeInput): MergeWork | undefined {
  const { self, placement, readers, verified, nowMs } = input;
  if (verified !== record.id) {
    const isAlone = placement.nodes.length === 1;
    const turn = readers.filter((node) => isAlone || node !== record.node).indexOf(self);
    const isDue = turn >= 0 && nowMs - result.mergedAtMs >= turn * readerPatienceMs;
    return isDue ? { kind: 'verify', record, result } : undefined;
  }
  if (result.outputs.some(({ holders }) => missingHolders(holders, placement) > 0)) return undefined;
  return { kind: 'propose', command: { type: 'replace', merge: record.id, node: self, placement } };
}

function isForsaken({ node, startedAtMs }: MergeRecord, { placement, nowMs }: MergeInput): boolean {
  return !placement.nodes.includes(node) || nowMs - startedAtMs >= mergePatienceMs;
}
