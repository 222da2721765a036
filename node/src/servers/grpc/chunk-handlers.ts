// SPDX-License-Identifier: Apache-2.0
import { create } from '@bufbuild/protobuf';
import { fromHex } from '@shortlink/common/bytes.ts';
import {
  AdminService as AdminContract,
  GenerationState,
  GetChunksResponseSchema,
  UploadResponseSchema,
  WaitStep,
} from '@shortlink/proto/admin.ts';
import type { ChunkObject, ChunkRecord } from '../../core/lifecycle/types.ts';
import type { GenerationStatus, ShardChunks } from '../../services/chunk-page.ts';
import type { ChunkService, UploadOutcome } from '../../services/chunks.ts';
import type { GrpcContext } from './call-context.ts';
import { errorMessage } from './grpc-errors.ts';
import type { RawHandlers } from './raw-service.ts';
import { unary } from './unary.ts';
import { textOf, timestampOf } from './values.ts';

const defaultPageSize = 100;

/** The calls of the admin service that are about chunks. */
export function chunkHandlers(
  context: GrpcContext,
  chunks: ChunkService,
): Pick<RawHandlers<typeof AdminContract>, 'upload' | 'getChunks'> {
  const { method } = AdminContract;
  return {
    upload: unary(context, method.upload, async ({ shardId }, timeoutMs) => {
      const outcomes =
        shardId === undefined ? await chunks.uploadAll({ timeoutMs }) : [await chunks.upload(shardId, { timeoutMs })];
      return create(UploadResponseSchema, { results: outcomes.map(uploadMessage) });
    }),
    getChunks: unary(context, method.getChunks, async ({ shardId, pageSize, pageToken }, timeoutMs) => {
      const query = { shard: shardId, limit: pageSize ?? defaultPageSize, cursor: textOf(pageToken) };
      const page = await chunks.list(query, { timeoutMs });
      return create(GetChunksResponseSchema, {
        shards: page.shards.map(shardMessage),
        nextPageToken: page.cursor ?? '',
      });
    }),
  };
}

function uploadMessage(outcome: UploadOutcome) {
  const { kind, shard: shardId } = outcome;
  if (kind === 'failed') return { shardId, error: errorMessage(outcome.error) };
  return {
    shardId,
    ...(kind === 'sealed' ? { sealedGeneration: BigInt(outcome.generation) } : {}),
    ...(outcome.waitFor === undefined ? {} : { waitForGeneration: BigInt(outcome.waitFor) }),
  };
}

function shardMessage({ shard, chunkSetVersion, generations, totals, garbage, chunks }: ShardChunks) {
  const oldest = garbage.reduce((min, { unlinkedAtMs }) => Math.min(min, unlinkedAtMs), Infinity);
  return {
    shardId: shard,
    chunkSetVersion: BigInt(chunkSetVersion),
    generations: generations.map(generationMessage),
    chunkCount: BigInt(totals.chunks),
    chunkRows: BigInt(totals.rows),
    chunkBytes: BigInt(totals.bytes),
    garbageCount: BigInt(garbage.length),
    ...(garbage.length === 0 ? {} : { oldestGarbageTime: timestampOf(oldest) }),
    chunks: chunks.map(chunkMessage),
  };
}

const states = {
  active: GenerationState.ACTIVE,
  sealed: GenerationState.SEALED,
  exported: GenerationState.EXPORTED,
  placed: GenerationState.PLACED,
} as const;

const steps = {
  votes: WaitStep.VOTES,
  export: WaitStep.EXPORT,
  readback: WaitStep.READBACK,
  placement: WaitStep.PLACEMENT,
  holders: WaitStep.HOLDERS,
  older: WaitStep.OLDER,
  retire: WaitStep.RETIRE,
} as const;

function generationMessage({ id, state, rows, bytes, startedAtMs, record, waits }: GenerationStatus) {
  return {
    id: BigInt(id),
    state: states[state],
    rows: BigInt(rows),
    bytes: BigInt(bytes),
    ...(rows === 0 ? {} : { startTime: timestampOf(startedAtMs) }),
    ...(record === undefined ? {} : { sealTime: timestampOf(record.sealedAtMs) }),
    votes: (record?.votes ?? []).map(({ replica, digest }) => {
      return { replicaId: BigInt(replica), digest: fromHex(digest) };
    }),
    ...(record?.object === undefined ? {} : { object: objectMessage(record.object) }),
    readBack: record?.readback !== undefined,
    holderNodeIds: [...(record?.holders ?? [])],
    waitsFor: waits.map(({ step, missing }) => ({ step: steps[step], missing })),
  };
}

function chunkMessage({ object, firstGeneration, lastGeneration, level, addedVersion, holders }: ChunkRecord) {
  return {
    object: objectMessage(object),
    firstGeneration: BigInt(firstGeneration),
    lastGeneration: BigInt(lastGeneration),
    level,
    addedVersion: BigInt(addedVersion),
    holderNodeIds: [...holders],
  };
}

function objectMessage({ name, sizeBytes, rows, contentDigest, minRevision, maxRevision }: ChunkObject) {
  return {
    name,
    sizeBytes: BigInt(sizeBytes),
    rows: BigInt(rows),
    contentDigest: fromHex(contentDigest),
    minRevision: BigInt(minRevision),
    maxRevision: BigInt(maxRevision),
  };
}
