// SPDX-License-Identifier: Apache-2.0
import { fromUtf8, utf8 } from '@shortlink/common/bytes.ts';
import { holdsHotRows } from '../../core/archive/checkpoint-plan.ts';
import { describeCheckpointRow } from '../../core/archive/describe-checkpoint-row.ts';
import type { CheckpointManifest, CheckpointPart, ShardManifest } from '../../core/archive/manifests.ts';
import { ChunkReader } from '../../core/chunk/chunk-reader.ts';
import type { ChunkRow } from '../../core/chunk/chunk-row.ts';
import { openTail } from '../../core/chunk/chunk-source.ts';
import { mergeRows } from '../../core/chunk/merge-rows.ts';
import type { SortedRows } from '../../core/chunk/merge-rows.ts';
import { encodeIndexRow } from '../../core/statemachine/index-row.ts';
import {
  creatorIndexSuffix,
  expiryIndexSuffix,
  generationKey,
  getUint64,
  noGeneration,
  namespaces,
} from '../../core/statemachine/keys.ts';
import type { Namespace, ShardScope } from '../../core/statemachine/keys.ts';
import { decodeLinkRow } from '../../core/statemachine/link-row.ts';
import type { ArchiveStore } from '../archive/documents.ts';
import { objectSource } from '../chunks/object-source.ts';

/** The idempotency memory's rows of a chunk: the first ones. */
const memoryOnly = { gte: Uint8Array.of(namespaces.idempotency), lt: Uint8Array.of(namespaces.idempotency + 1) };

/**
 * The newest row of each key that is in a checkpoint and not in the chunks of the manifest, some at a time; with them the
 * idempotency memory that still lives. @throws ChunkCorruptError, ObjectMissingError, ObjectStoreError
 */
export async function* hotRows(
  store: ArchiveStore,
  manifest: Pick<ShardManifest, 'chunks'>,
  checkpoint: CheckpointManifest,
): AsyncGenerator<readonly ChunkRow[]> {
  // Generations may have been retired after the checkpoint: what it holds of them is older than what the chunks hold.
  const retired = Math.max(0, ...manifest.chunks.map(({ lastGeneration }) => lastGeneration));
  const facts = { generations: [{ id: retired + 1 }] };
  const oldestEpochMs = checkpoint.idempotencyEpochs.at(-1) ?? Number.POSITIVE_INFINITY;
  const isAlive = ({ key }: ChunkRow): boolean =>
    key[0] !== namespaces.idempotency || getUint64(key, 1) >= oldestEpochMs;
  const newestFirst = checkpoint.parts.toReversed();
  const sources = newestFirst.map((part) => rowsOf(store, part, holdsHotRows(part, facts)));
  const merged = mergeRows(sources, { describe: describeCheckpointRow, dropped: () => {}, nothingOlder: () => false });
  for await (const rows of merged) yield rows.filter(isAlive);
}

async function* rowsOf({ objects, codec }: ArchiveStore, part: CheckpointPart, isHot: boolean): SortedRows {
  const { name, sizeBytes: chunkBytes, tailBytes } = part.object;
  const source = objectSource(objects, name, chunkBytes);
  const tail = await openTail(source, { codec, chunkBytes, tailBytes });
  yield* new ChunkReader({ tail, source, codec }).rows(isHot ? undefined : memoryOnly);
}

/** A row under the key that it has in a copy of the shard, and the rows of indexes that follow from it. */
export function placedRows(scope: ShardScope, generation: number, row: ChunkRow): ChunkRow[] {
  const namespace = row.key[0] as Namespace;
  const suffix = row.key.subarray(1);
  const inGeneration = namespace === namespaces.idempotency ? noGeneration : generation;
  const placed = [{ key: generationKey(namespace, scope, inGeneration, suffix), value: row.value }];
  if (namespace !== namespaces.link) return placed;
  const link = decodeLinkRow(fromUtf8(suffix), row.value);
  if (link.kind === 'dead') return placed;
  const { creatorId, createRevision, expiresAtMs } = link.link;
  const index = (of: Namespace, key: Uint8Array): void =>
    void placed.push({ key: generationKey(of, scope, generation, key), value: encodeIndexRow(suffix) });
  index(namespaces.linkByCreator, creatorIndexSuffix(utf8(creatorId), createRevision));
  if (expiresAtMs !== undefined) index(namespaces.linkByExpiry, expiryIndexSuffix(expiresAtMs, suffix));
  return placed;
}
