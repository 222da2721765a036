// SPDX-License-Identifier: Apache-2.0
import { toHex } from '@shortlink/common/bytes.ts';
import type { ClusterId, NodeId } from '@shortlink/common/ids.ts';
import { ServiceError } from '@shortlink/common/errors.ts';
import { describeStateRow } from '../../core/chunk/describe-state-row.ts';
import { chunkName } from '../../core/lifecycle/object-names.ts';
import type { ChunkObject, GenerationRecord } from '../../core/lifecycle/types.ts';
import type { CommandResult } from '../../core/statemachine/commands.ts';
import type { ShardScope } from '../../core/statemachine/keys.ts';
import type { ChunkContext } from './chunk-context.ts';
import { generationRows, isWhole } from './generation-rows.ts';
import { uploadRows } from './upload-rows.ts';

export interface Exporter {
  readonly clusterId: ClusterId;
  readonly node: NodeId;
  readonly scope: ShardScope;
}

const randomBytes = 8;
const proposeTimeoutMs = 10_000;
const deleteTimeoutMs = 10_000;

/** Builds the chunk of a sealed generation, puts it into the object store and tells the shard. */
export async function exportGeneration(
  context: ChunkContext,
  exporter: Exporter,
  record: GenerationRecord,
): Promise<void> {
  const { scope, clusterId, node } = exporter;
  const { id: generation, sealedIndex: index, sealedTerm: term } = record;
  const attempt = toHex(context.random.bytes(randomBytes));
  await context.supersession.assertNot(clusterId);
  const object = await uploadRows(context, {
    name: chunkName(clusterId, scope.shard, { generation, index, term }, attempt),
    origin: { clusterId, shard: scope.shard, generations: [generation], inputs: [], node, term },
    describe: describeStateRow,
    parameters: record.format,
    pages: generationRows(context.reader, scope, record.id),
    isWhole: () => isWhole(context.reader, scope, record.id),
  });
  if (object !== undefined) await announce(context, { exporter, record, object });
}

/**
 * An object in whose place the shard took another one is never proposed again, and can go at once. LATE may be the answer
 * to a proposal that was made twice and taken the first time: the collector tells what is on record.
 */
async function announce(
  context: ChunkContext,
  {
    exporter,
    record,
    object,
  }: { readonly exporter: Exporter; readonly record: GenerationRecord; readonly object: ChunkObject },
): Promise<void> {
  const { shard } = exporter.scope;
  const command = { type: 'exported', generation: record.id, object, replaces: record.object?.name } as const;
  let verdict: CommandResult | undefined;
  try {
    [verdict] = await context.shards.write(shard, [command], { timeoutMs: proposeTimeoutMs });
  } catch (error) {
    // It may still be applied: the object stays, and becomes garbage with a name should another one be taken.
    if (error instanceof ServiceError) return context.observer.failed(`announcing ${object.name}`, error);
    throw error;
  }
  if (verdict?.kind === 'lifecycle' && verdict.verdict === 'done') {
    context.observer.count('exported', object.sizeBytes);
    return;
  }
  context.observer.count('exportLost');
  if (verdict?.kind !== 'lifecycle' || verdict.verdict !== 'otherObject') return;
  await context.objects.delete(object.name, { timeoutMs: deleteTimeoutMs });
}
