// SPDX-License-Identifier: Apache-2.0
import { assert } from '@shortlink/common/assert.ts';
import type { Command, CommandResult } from '../commands.ts';
import type { MergeChoice } from './histories.ts';
import { beginMerge, mergedBy, newestChunks, pendingMerge, replaceSteps } from './merges.ts';
import type { TestShard } from './test-shard.ts';

/** Merges of a shard's chunks that take some entries each, and whose steps come again and again. */
export class OverlappingMerges {
  readonly #shard: TestShard;
  readonly #past: Command[] = [];
  #due: { entries: number; readonly steps: readonly Command[] } | undefined;
  replaced = 0;

  constructor(shard: TestShard) {
    this.#shard = shard;
  }

  /** Begins a merge unless one is under way or there is nothing to merge. */
  async begin({ skip, runs, outputRows, entries, abandon }: MergeChoice): Promise<void> {
    const inputs = newestChunks(this.#shard, runs, skip);
    if (this.#due !== undefined || inputs.length === 0) return;
    checkDone(beginMerge(this.#shard, inputs));
    const merged = await mergedBy(this.#shard, outputRows);
    const end: Command = { type: 'mergeAbandoned', merge: merged.merge };
    this.#due = { entries, steps: [merged, ...(abandon ? [end] : replaceSteps(merged))] };
  }

  /** An entry has come: ends the merge when it has taken as many as it should. */
  endDue(): void {
    const due = this.#due;
    if (due === undefined || due.entries-- > 0) return;
    this.#due = undefined;
    for (const step of due.steps) checkDone(this.#shard.apply(step));
    assert(pendingMerge(this.#shard) === undefined, 'a merge is over and still on record');
    this.replaced += due.steps.at(-1)?.type === 'replace' ? 1 : 0;
    this.#past.push(...due.steps);
  }

  /** Every step of every merge that is over comes once more. */
  repeatAll(): void {
    const { stateHash } = this.#shard.state;
    for (const step of this.#past) if (step.type !== 'holdings') this.#shard.apply(step);
    assert(this.#shard.state.stateHash === stateHash, 'CL-I2: a late step of a merge had an effect');
  }
}

function checkDone(result: CommandResult): void {
  if (result.kind === 'lifecycle')
    assert(result.verdict === 'done', `a step of a merge was ignored: ${result.verdict}`);
}
