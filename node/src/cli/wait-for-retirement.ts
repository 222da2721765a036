// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import type { Api } from './api-client.ts';
import { readAllChunks, type GenerationView, type ShardChunksView } from './chunk-view.ts';
import { CliError } from '@shortlink/common/cli/exit-codes.ts';
import { clearProgress, showProgress, type Io } from '@shortlink/common/cli/io.ts';
import { stepCount, stepsDone, waitWords } from './wait-words.ts';

/** A generation that is to be retired, with all older ones of its shard. */
export interface Awaited {
  readonly shard: number;
  readonly generation: number;
}

interface Pending {
  readonly shard: number;
  readonly generation: GenerationView;
}

interface Waiting {
  readonly deadline: AbortSignal;
  /** For the message at the end of the time. */
  readonly timeoutMs: number;
  readonly io: Io;
}

const pollMs = 250;
/** Generations that the message at the end of the time names. */
const namedMax = 10;

/** Asks until they are retired; shows on a terminal what they wait for. @throws CliError when the time is over first */
export async function waitForRetirement(
  api: Api,
  awaited: readonly Awaited[],
  { deadline, timeoutMs, io }: Waiting,
): Promise<void> {
  const goals = new Map(awaited.map(({ shard, generation }) => [shard, generation]));
  const [only] = goals.size === 1 ? goals.keys() : [];
  let pending: readonly Pending[] | undefined;
  let failure: string | undefined;
  let total = 0;
  while (goals.size > 0) {
    try {
      pending = pendingOf(await readAllChunks(api, { shard: only, limit: 0 }), goals);
      failure = undefined;
      if (pending.length === 0) break;
      total = Math.max(total, pending.length);
      showWaiting(io, pending, total);
    } catch (error) {
      // A node that restarts, or a shard without a leader for a while, is no reason to give up.
      if (!(error instanceof CliError) || error.exit !== 'unavailable') throw error;
      failure = error.message;
    }
    if (deadline.aborted) throw new CliError('unavailable', timeoutText(pending ?? [], failure, timeoutMs));
    await sleep(pollMs, undefined, { signal: deadline }).catch(() => undefined);
  }
  clearProgress(io);
}

function pendingOf(shards: readonly ShardChunksView[], goals: ReadonlyMap<number, number>): readonly Pending[] {
  return shards.flatMap(({ shard, generations }) => {
    const goal = goals.get(shard) ?? 0;
    return generations
      .filter(({ id, isActive }) => !isActive && id <= goal)
      .map((generation) => ({ shard, generation }))
      .toReversed();
  });
}

function showWaiting(io: Io, pending: readonly Pending[], total: number): void {
  const [first] = pending;
  if (first === undefined) return;
  const done = pending.reduce((sum, { generation }) => sum + stepsDone(generation.waits), 0);
  const behind = (total - pending.length) * (stepCount + 1) + done;
  showProgress(io, pendingText(first), behind, total * (stepCount + 1));
}

function pendingText({ shard, generation }: Pending): string {
  return `generation ${generation.id} of shard ${shard} waits for ${waitWords(generation.waits)}`;
}

function timeoutText(pending: readonly Pending[], failure: string | undefined, timeoutMs: number): string {
  const more = pending.length - namedMax;
  return [
    `not done after ${timeoutMs} ms; the cluster goes on by itself`,
    ...pending.slice(0, namedMax).map(pendingText),
    ...(more > 0 ? [`and ${more} more`] : []),
    ...(failure === undefined ? [] : [failure]),
  ].join('\n');
}
