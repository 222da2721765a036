// SPDX-License-Identifier: Apache-2.0
import { create } from '@bufbuild/protobuf';
import {
  BatchResponseSchema,
  DeleteResponseSchema,
  GetResponseSchema,
  KvService as KvContract,
  MutateRequestSchema,
  MutateResponseSchema,
  PutResponseSchema,
  RangeResponseSchema,
  ReadRequestSchema,
  ReadResponseSchema,
  RowSchema,
  StreamRangeResponseSchema,
} from '@shortlink/proto/kv.ts';
import type {
  BatchRequest,
  DeleteRequest,
  GetRequest,
  MutateRequest,
  MutateResponse,
  PutRequest,
  RangeRequest,
  ReadRequest,
  ReadResponse,
  StreamRangeRequest,
} from '@shortlink/proto/kv.ts';
import type { KvRow } from '../../core/statemachine/reads.ts';
import type { KvService } from '../../services/kv.ts';
import type { GrpcContext } from './call-context.ts';
import { errorMessage } from './grpc-errors.ts';
import { pipelined, settle } from './pipeline.ts';
import { decodeMessage, encodeMessage } from './raw-service.ts';
import type { RawHandlers } from './raw-service.ts';
import { serverStream, unary } from './unary.ts';
import { consistencyOf, nothingAsked, numberOf, textOf } from './values.ts';

const defaultPageSize = 1000;

type MutateOutcome = MutateResponse['outcome'];
type ReadOutcome = ReadResponse['outcome'];

export function kvHandlers(context: GrpcContext, kv: KvService): RawHandlers<typeof KvContract> {
  const calls = kvCalls(kv);
  const { method } = KvContract;
  return {
    get: unary(context, method.get, calls.get),
    put: unary(context, method.put, calls.put),
    delete: unary(context, method.delete, calls.delete),
    batch: unary(context, method.batch, calls.batch),
    range: unary(context, method.range, calls.range),
    streamRange: serverStream(context, method.streamRange, (request, timeoutMs) => streamRange(kv, request, timeoutMs)),
    mutate: pipelined<MutateRequest, MutateOutcome>(context, {
      decode: (bytes) => decodeMessage(MutateRequestSchema, bytes),
      encode: encodeMutateResponse,
      encodeError: (requestId, error) => encodeMutateResponse(requestId, { case: 'error', value: errorMessage(error) }),
      start: ({ mutation }, exchange) => settle(mutate(calls, mutation, exchange.timeoutMs), exchange),
    }),
    read: pipelined<ReadRequest, ReadOutcome>(context, {
      decode: (bytes) => decodeMessage(ReadRequestSchema, bytes),
      encode: encodeReadResponse,
      encodeError: (requestId, error) => encodeReadResponse(requestId, { case: 'error', value: errorMessage(error) }),
      start: ({ read }, exchange) => settle(readOne(calls, read, exchange.timeoutMs), exchange),
    }),
  };
}

function encodeMutateResponse(requestId: bigint, outcome: MutateOutcome): Buffer {
  return encodeMessage(MutateResponseSchema, create(MutateResponseSchema, { requestId, outcome }));
}

function encodeReadResponse(requestId: bigint, outcome: ReadOutcome): Buffer {
  return encodeMessage(ReadResponseSchema, create(ReadResponseSchema, { requestId, outcome }));
}

type KvCalls = ReturnType<typeof kvCalls>;

function kvCalls(kv: KvService) {
  return {
    get: async ({ key, consistency }: GetRequest, timeoutMs: number) => {
      const { row, shardRevision } = await kv.get(key, { timeoutMs, consistency: consistencyOf(consistency) });
      return create(GetResponseSchema, {
        ...(row === undefined ? {} : { row: rowMessage(row) }),
        shardRevision: BigInt(shardRevision),
      });
    },
    put: async ({ key, value, ifRevision, idempotencyKey }: PutRequest, timeoutMs: number) => {
      const options = { timeoutMs, idempotencyKey: textOf(idempotencyKey) };
      const { revision, existed } = await kv.put(
        { key, value, ifRevision: numberOf(ifRevision, 'if_revision') },
        options,
      );
      return create(PutResponseSchema, { revision: BigInt(revision), existed });
    },
    delete: async ({ key, ifRevision, idempotencyKey }: DeleteRequest, timeoutMs: number) => {
      const options = {
        timeoutMs,
        idempotencyKey: textOf(idempotencyKey),
        ifRevision: numberOf(ifRevision, 'if_revision'),
      };
      const { revision, existed } = await kv.delete(key, options);
      return create(DeleteResponseSchema, { revision: BigInt(revision), existed });
    },
    batch: async ({ operations, idempotencyKey }: BatchRequest, timeoutMs: number) => {
      const plain = operations.map(({ key, value, ifRevision }, i) => {
        return { key, value, ifRevision: numberOf(ifRevision, `operations[${i}].if_revision`) };
      });
      const revision = await kv.batch(plain, { timeoutMs, idempotencyKey: textOf(idempotencyKey) });
      return create(BatchResponseSchema, { revision: BigInt(revision) });
    },
    range: async (request: RangeRequest, timeoutMs: number) => {
      const { pageSize, pageToken, consistency } = request;
      const query = {
        ...boundsOf(request),
        limit: pageSize === 0 ? defaultPageSize : pageSize,
        cursor: textOf(pageToken),
      };
      const page = await kv.range(query, { timeoutMs, consistency: consistencyOf(consistency) });
      return create(RangeResponseSchema, { rows: page.rows.map(rowMessage), nextPageToken: page.cursor ?? '' });
    },
  };
}

async function* streamRange(kv: KvService, request: StreamRangeRequest, timeoutMs: number) {
  const limit = numberOf(request.limit, 'limit');
  const range = { ...boundsOf(request), limit: limit === 0 ? undefined : limit };
  for await (const rows of kv.stream(range, { timeoutMs, consistency: consistencyOf(request.consistency) })) {
    yield create(StreamRangeResponseSchema, { rows: rows.map(rowMessage) });
  }
}

/** Protobuf's empty bound is an absent one: no key is empty. */
function boundsOf({ gte, lt, reverse, keysOnly }: RangeRequest | StreamRangeRequest) {
  return { gte: gte.length === 0 ? undefined : gte, lt: lt.length === 0 ? undefined : lt, reverse, keysOnly };
}

async function mutate(calls: KvCalls, mutation: MutateRequest['mutation'], timeoutMs: number): Promise<MutateOutcome> {
  switch (mutation.case) {
    case 'put':
      return { case: 'put', value: await calls.put(mutation.value, timeoutMs) } as const;
    case 'delete':
      return { case: 'delete', value: await calls.delete(mutation.value, timeoutMs) } as const;
    case 'batch':
      return { case: 'batch', value: await calls.batch(mutation.value, timeoutMs) } as const;
    default:
      throw nothingAsked('mutation');
  }
}

async function readOne(calls: KvCalls, read: ReadRequest['read'], timeoutMs: number): Promise<ReadOutcome> {
  switch (read.case) {
    case 'get':
      return { case: 'get', value: await calls.get(read.value, timeoutMs) } as const;
    case 'range':
      return { case: 'range', value: await calls.range(read.value, timeoutMs) } as const;
    default:
      throw nothingAsked('read');
  }
}

function rowMessage({ key, value, createRevision, revision, version }: KvRow) {
  return create(RowSchema, {
    key,
    value,
    createRevision: BigInt(createRevision),
    revision: BigInt(revision),
    version: BigInt(version),
  });
}
