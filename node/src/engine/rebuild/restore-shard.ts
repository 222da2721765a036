// SPDX-License-Identifier: Apache-2.0
import type { ClusterId } from '@shortlink/common/ids.ts';
import type { ShardInfo } from '../../core/cluster/cluster-map.ts';
import { nameInCluster } from '../../core/lifecycle/object-names.ts';
import { encodeChunkRecord, encodeGarbageRecord } from '../../core/lifecycle/records-codec.ts';
import type { GarbageRecord } from '../../core/lifecycle/types.ts';
import type { ArchivedChunk } from '../../core/archive/manifests.ts';
import { describeCheckpointRow } from '../../core/archive/describe-checkpoint-row.ts';
import type { ChunkRow } from '../../core/chunk/chunk-row.ts';
import { firstGeneration, namespaces, objectKey } from '../../core/statemachine/keys.ts';
import type { ShardScope } from '../../core/statemachine/keys.ts';
import { newGeneration } from '../../core/statemachine/shard-state.ts';
import type { GenerationInfo, ShardState } from '../../core/statemachine/shard-state.ts';
import type { ArchivedShard } from './read-archive.ts';
import { hotRows, placedRows } from './hot-rows.ts';
import type { NewCopy, NewVolumes } from './new-volumes.ts';
import type { RebuildContext } from './rebuild-context.ts';

/**
 * Revisions that are left out: those that writes may have had which are lost, and which clients may still name in conditions.
 * Some hours of the most that a shard can take.
 */
const revisionGap = 2 ** 28;

export interface ShardTarget {
  /** In the new cluster. */
  readonly info: ShardInfo;
  /** Undefined: the objects are used where they are. */
  readonly copyTo: ClusterId | undefined;
  /** Names of objects that are not there or damaged. */
  readonly damaged: ReadonlyMap<string, string>;
}

export interface RestoredShard {
  /** Links and keys of the checkpoint, tombstones included. */
  readonly hotRows: number;
  readonly revision: number;
}

/** Writes the rows and records of a shard into its new copies. @throws what `hotRows` throws */
export async function restoreShard(
  context: RebuildContext,
  volumes: NewVolumes,
  shard: ArchivedShard,
  target: ShardTarget,
): Promise<RestoredShard> {
  const { info } = target;
  const copies = volumes.copiesOf(info.id, info.replicas);
  const generation = nextGeneration(shard);
  const hot = new HotTotals(generation, timeOf(shard));
  const { manifest, checkpoint } = shard;
  if (manifest !== undefined && checkpoint !== undefined) {
    for await (const rows of hotRows(context.from, manifest, checkpoint)) {
      for (const row of rows) hot.add(row);
      writeRows(copies, info, (scope) => rows.flatMap((row) => placedRows(scope, generation, row)));
    }
  }
  writeRows(copies, info, (scope) => recordsOf(shard, target, scope));
  const revision = Math.max(hot.maxRevision, ...revisionsOf(shard)) + revisionGap;
  const known: Partial<ShardState> = {
    revision,
    timeMs: timeOf(shard),
    generations: [hot.generation],
    chunkSetVersion: manifest?.chunkSetVersion ?? 0,
    retiredVersion: manifest?.chunkSetVersion ?? 0,
    lifecycleVersion: 1,
    idempotencyEpochs: [...(checkpoint?.idempotencyEpochs ?? [])],
  };
  volumes.foundShard(info.id, copies, known);
  return { hotRows: hot.generation.rows, revision };
}

/** Above every generation that was. */
function nextGeneration({ manifest, checkpoint }: ArchivedShard): number {
  const ids = [manifest, checkpoint].flatMap((one) => one?.generations.map(({ id }) => id) ?? []);
  const retired = manifest?.chunks.map(({ lastGeneration }) => lastGeneration) ?? [];
  return Math.max(firstGeneration - 1, ...ids, ...retired) + 1;
}

function timeOf({ manifest, checkpoint }: ArchivedShard): number {
  return Math.max(0, manifest?.timeMs ?? 0, checkpoint?.timeMs ?? 0);
}

function revisionsOf({ manifest, checkpoint }: ArchivedShard): number[] {
  const inChunks = manifest?.chunks.map(({ object }) => object.maxRevision) ?? [];
  return [manifest?.revision ?? 0, checkpoint?.revision ?? 0, ...inChunks];
}

/** What the shard knows of its chunks, and in place also of what waits to be deleted. */
function recordsOf({ manifest }: ArchivedShard, { copyTo, damaged }: ShardTarget, scope: ShardScope): ChunkRow[] {
  if (manifest === undefined) return [];
  const chunks = manifest.chunks
    .filter(({ object }) => !damaged.has(object.name))
    .map((chunk) => movedChunk(chunk, copyTo))
    .map((chunk) => ({
      key: objectKey(namespaces.chunk, scope, chunk.object.name),
      value: encodeChunkRecord({ ...chunk, holders: [] }),
    }));
  if (copyTo !== undefined) return chunks;
  const { chunkSetVersion: unlinkedVersion, timeMs: unlinkedAtMs } = manifest;
  const unfinished = [...manifest.exported.map(({ object }) => object), ...manifest.merging];
  const given: GarbageRecord[] = unfinished.map(({ name, sizeBytes }) => ({
    name,
    sizeBytes,
    unlinkedVersion,
    unlinkedAtMs,
  }));
  const garbage = [...manifest.garbage, ...given].map((record) => ({
    key: objectKey(namespaces.garbage, scope, record.name),
    value: encodeGarbageRecord(record),
  }));
  return [...chunks, ...garbage];
}

function movedChunk(chunk: ArchivedChunk, to: ClusterId | undefined): ArchivedChunk {
  if (to === undefined) return chunk;
  return { ...chunk, object: { ...chunk.object, name: nameInCluster(chunk.object.name, to) } };
}

function writeRows(
  copies: readonly NewCopy[],
  { id: shard }: ShardInfo,
  rows: (scope: ShardScope) => ChunkRow[],
): void {
  for (const { store, slot } of copies) {
    const batch = store.batch();
    for (const { key, value } of rows({ shard, slot })) batch.put('state', key, value);
    // Durable with the batch that makes the copy a founder.
    store.write(batch, { sync: false });
  }
}

/** Counts the rows of the new active generation. */
class HotTotals {
  maxRevision = 0;
  readonly #startedAtMs: number;
  #generation: GenerationInfo;

  constructor(id: number, startedAtMs: number) {
    this.#generation = newGeneration(id);
    this.#startedAtMs = startedAtMs;
  }

  get generation(): GenerationInfo {
    return this.#generation;
  }

  add({ key, value }: ChunkRow): void {
    if (key[0] === namespaces.idempotency) return;
    const { rows, bytes } = this.#generation;
    this.maxRevision = Math.max(this.maxRevision, describeCheckpointRow(key, value).revision ?? 0);
    this.#generation = {
      ...this.#generation,
      rows: rows + 1,
      bytes: bytes + key.length + value.length,
      startedAtMs: this.#startedAtMs,
    };
  }
}
