// SPDX-License-Identifier: Apache-2.0
import type { ClusterId, ShardId } from '@shortlink/common/ids.ts';
import { ServiceError } from '@shortlink/common/errors.ts';
import { hullOf } from '../../core/lifecycle/merge-rules.ts';
import { outputBytes } from '../../core/lifecycle/merge-plan.ts';
import type { MergePolicy } from '../../core/lifecycle/merge-plan.ts';
import type { Merged } from '../../core/lifecycle/merge-events.ts';
import { isBalanced } from '../../core/lifecycle/row-balance.ts';
import type { ChunkFormat } from '../../core/lifecycle/types.ts';
import type { Command } from '../../core/statemachine/commands.ts';
import type { ChunkContext } from './chunk-context.ts';
import { MergedRows, MergeStoppedError } from './merged-rows.ts';
import type { MergeSources } from './merged-rows.ts';
import { OutputWriter } from './output-writer.ts';
import { readLifecycleNow } from './read-lifecycle-now.ts';

export interface MergeJob extends MergeSources {
  readonly clusterId: ClusterId;
  readonly shard: ShardId;
  readonly policy: MergePolicy;
  readonly format: ChunkFormat;
}

const proposeTimeoutMs = 10_000;
const deleteTimeoutMs = 10_000;

/** Merges chunks into new ones, puts them into the object store and tells the shard; gives the merge up when that fails. */
export async function mergeChunks(context: ChunkContext, job: MergeJob): Promise<void> {
  const written = { writer: undefined as OutputWriter | undefined };
  await context.supersession.assertNot(job.clusterId);
  try {
    const merged = await buildOutputs(context, job, written);
    const verdict = await propose(context, job.shard, merged);
    if (verdict === 'done' || (verdict === 'late' && (await isOnRecord(context, job.shard, merged))))
      return context.observer.count('merged', sizeOf(merged.outputs));
    throw new MergeStoppedError('the shard did not take the outputs');
  } catch (error) {
    await giveUp(context, job, written.writer);
    if (!(error instanceof MergeStoppedError)) throw error;
    context.observer.failed(`merge ${job.record.id} of shard ${job.shard}`, error);
  }
}

async function buildOutputs(
  context: ChunkContext,
  job: MergeJob,
  written: { writer: OutputWriter | undefined },
): Promise<Merged> {
  const { record, clusterId, shard, policy, format } = job;
  const rows = new MergedRows(context, job);
  const { firstGeneration, lastGeneration: generation } = hullOf(rows.inputs);
  const generations = Array.from({ length: generation - firstGeneration + 1 }, (_, i) => firstGeneration + i);
  const writer = new OutputWriter(context, {
    names: { generation, index: record.id, term: record.term },
    origin: { clusterId, shard, generations, node: record.node, term: record.term },
    inputs: rows.inputs,
    format,
    targetBytes: outputBytes(rows.inputs, policy),
  });
  written.writer = writer;
  for await (const some of rows.read()) await writer.add(some);
  const outputs = await writer.finish();
  const inputs = rows.inputs.map(({ object }) => object);
  // Apply would refuse it as well; here it says what is wrong: a defect, or an input that is not what is on record.
  if (!isBalanced(inputs, outputs, rows.dropped))
    throw new Error(`merge ${record.id} of shard ${shard} does not balance: its inputs are not replaced`);
  return { type: 'merged', merge: record.id, outputs, dropped: rows.dropped };
}

/** LATE may be the answer to a proposal that was made twice, and taken the first time. */
async function isOnRecord(context: ChunkContext, shard: ShardId, { merge, outputs }: Merged): Promise<boolean> {
  const { records } = await readLifecycleNow(context.shards, shard);
  const there = new Set(
    records.merge?.id === merge ? records.merge.result?.outputs.map(({ object }) => object.name) : [],
  );
  return outputs.every(({ name }) => there.has(name));
}

/** When the merge is over, nobody can refer to what it wrote any more, and it can go. */
async function giveUp(
  context: ChunkContext,
  { clusterId, shard, record }: MergeJob,
  writer?: OutputWriter,
): Promise<void> {
  await writer?.abort().catch(() => undefined);
  const verdict = await propose(context, shard, { type: 'mergeAbandoned', merge: record.id });
  if (verdict !== 'done') return;
  context.observer.count('mergeAbandoned');
  await context.supersession.assertNot(clusterId);
  for (const { name } of writer?.outputs ?? []) await context.objects.delete(name, { timeoutMs: deleteTimeoutMs });
}

/** The verdict; undefined when it is not known whether the entry was applied. */
async function propose(context: ChunkContext, shard: ShardId, command: Command): Promise<string | undefined> {
  try {
    const [result] = await context.shards.write(shard, [command], { timeoutMs: proposeTimeoutMs });
    return result?.kind === 'lifecycle' ? result.verdict : undefined;
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    context.observer.failed(`proposing ${command.type}`, error);
    return undefined;
  }
}

function sizeOf(objects: readonly { readonly sizeBytes: number }[]): number {
  return objects.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}
