// SPDX-License-Identifier: Apache-2.0
import { limits } from '@shortlink/common/limits.ts';
import type { ChunkObject, ChunkRecord } from '../../core/lifecycle/types.ts';
import type { GenerationStatus, ShardChunks } from '../../services/chunk-page.ts';
import type { ChunkService, UploadOutcome } from '../../services/chunks.ts';
import type { OpenApiParameter } from './openapi.ts';
import { parseShardId, shardOf } from './path-parameters.ts';
import { problemOfError } from './problem.ts';
import { checkQueryNames, limitOf } from './query-parameters.ts';
import type { Route } from './route.ts';
import { formatTimestamp } from './timestamp.ts';

const shardIdParameter: OpenApiParameter = {
  name: 'id',
  in: 'path',
  required: true,
  description: 'The id of the shard.',
  schema: { type: 'integer', minimum: 1 },
};
const defaultLimit = 100;
const listParameters: readonly OpenApiParameter[] = [
  { name: 'shard', in: 'query', description: 'Only this shard.', schema: { type: 'integer', minimum: 1 } },
  {
    name: 'limit',
    in: 'query',
    description: 'Chunks at most; 0: the generations only.',
    schema: { type: 'integer', minimum: 0, maximum: limits.listMaxLinks, default: defaultLimit },
  },
  { name: 'cursor', in: 'query', description: 'From the page before.', schema: { type: 'string' } },
];
const sealed = 'Sealed; the cluster takes it to the object store in its own time.';

export function chunkRoutes(chunks: ChunkService): readonly Route[] {
  return [uploadRoute(chunks), uploadAllRoute(chunks), listRoute(chunks)];
}

function uploadRoute(chunks: ChunkService): Route {
  return {
    method: 'POST',
    path: '/api/v1/admin/shards/{id}:upload',
    scope: 'admin',
    operation: {
      id: 'uploadShard',
      tag: 'admin',
      summary: 'Move the rows of a shard to the object store',
      parameters: [shardIdParameter],
      success: { status: 202, description: sealed, schema: 'Upload' },
      problems: ['preconditionFailed', 'invalid', 'notFound'],
    },
    handle: async (request) => {
      const outcome = await chunks.upload(shardOf(request), { timeoutMs: request.timeoutMs });
      return { status: 202, body: uploadJson(outcome) };
    },
  };
}

function uploadAllRoute(chunks: ChunkService): Route {
  return {
    method: 'POST',
    path: '/api/v1/admin/shards:upload',
    scope: 'admin',
    operation: {
      id: 'uploadShards',
      tag: 'admin',
      summary: 'Move the rows of all shards to the object store',
      description: 'Each shard succeeds or fails by itself.',
      success: { status: 202, description: sealed, schema: 'Uploads' },
      problems: ['preconditionFailed'],
    },
    handle: async ({ timeoutMs }) => {
      const outcomes = await chunks.uploadAll({ timeoutMs });
      return { status: 202, body: { results: outcomes.map(uploadJson) } };
    },
  };
}

function listRoute(chunks: ChunkService): Route {
  return {
    method: 'GET',
    path: '/api/v1/chunks',
    scope: 'admin',
    operation: {
      id: 'listChunks',
      tag: 'admin',
      summary: 'List generations on their way to the object store, and chunks',
      parameters: listParameters,
      success: { status: 200, description: 'A page of chunks, by shard.', schema: 'ChunkPage' },
      problems: ['invalid', 'notFound'],
    },
    handle: async ({ query, timeoutMs }) => {
      checkQueryNames(query, ['shard', 'limit', 'cursor']);
      const shard = query.get('shard');
      const page = await chunks.list(
        {
          shard: shard === null ? undefined : parseShardId(shard, 'shard'),
          limit: limitOf(query, defaultLimit),
          cursor: query.get('cursor') ?? undefined,
        },
        { timeoutMs },
      );
      return { status: 200, body: { shards: page.shards.map(shardJson), cursor: page.cursor ?? null } };
    },
  };
}

function uploadJson(outcome: UploadOutcome) {
  const { kind, shard } = outcome;
  if (kind === 'failed') return { shard, error: problemOfError(outcome.error) };
  const sealedGeneration = kind === 'sealed' ? outcome.generation : null;
  return { shard, sealedGeneration, waitForGeneration: outcome.waitFor ?? null };
}

function shardJson({ shard, chunkSetVersion, generations, totals, garbage, chunks }: ShardChunks) {
  const oldest = garbage.reduce((min, { unlinkedAtMs }) => Math.min(min, unlinkedAtMs), Infinity);
  return {
    shard,
    chunkSetVersion,
    generations: generations.map(generationJson),
    chunkCount: totals.chunks,
    chunkRows: totals.rows,
    chunkBytes: totals.bytes,
    garbageCount: garbage.length,
    oldestGarbageAt: garbage.length === 0 ? null : formatTimestamp(oldest),
    chunks: chunks.map(chunkJson),
  };
}

function generationJson({ id, state, rows, bytes, startedAtMs, record, waits }: GenerationStatus) {
  return {
    id,
    state,
    rows,
    bytes,
    startedAt: rows === 0 ? null : formatTimestamp(startedAtMs),
    sealedAt: record === undefined ? null : formatTimestamp(record.sealedAtMs),
    votes: (record?.votes ?? []).map(({ replica, digest }) => ({ replicaId: replica, digest })),
    object: record?.object === undefined ? null : objectJson(record.object),
    isReadBack: record?.readback !== undefined,
    holders: record?.holders ?? [],
    waitsFor: waits.map(({ step, missing }) => ({ step, missing })),
  };
}

function chunkJson({ object, firstGeneration, lastGeneration, level, addedVersion, holders }: ChunkRecord) {
  return { object: objectJson(object), firstGeneration, lastGeneration, level, addedVersion, holders };
}

function objectJson({ name, sizeBytes, rows, contentDigest, minRevision, maxRevision }: ChunkObject) {
  return { name, sizeBytes, rows, contentDigest, minRevision, maxRevision };
}
