// SPDX-License-Identifier: Apache-2.0
import { create } from '@bufbuild/protobuf';
import type { ServiceHandlers } from '@shortlink/proto/grpc-service.ts';
import {
  BatchResponseSchema,
  DeleteResponseSchema,
  GetResponseSchema,
  MutateResponseSchema,
  PutResponseSchema,
  RangeResponseSchema,
  ReadResponseSchema,
  RowSchema,
  StreamRangeResponseSchema,
} from '@shortlink/proto/kv.ts';
import type {
  BatchRequest,
  DeleteRequest,
  GetRequest,
  KvService as KvContract,
  MutateRequest,
  PutRequest,
  RangeRequest,
  ReadRequest,
  StreamRangeRequest,
} from '@shortlink/proto/kv.ts';
import type { KvRow } from '../../core/statemachine/reads.ts';
import type { KvService } from '../../services/kv.ts';
import type { GrpcContext } from './call-context.ts';
import { errorMessage } from './grpc-errors.ts';
import { pipelined, serverStream, unary } from './handlers.ts';
import { consistencyOf, nothingAsked, numberOf, textOf } from './values.ts';

const defaultPageSize = 1000;

export function kvHandlers(context: GrpcContext, kv: KvService): ServiceHandlers<typeof KvContract> {
  const calls = kvCalls(kv);
  return {
    get: unary(context, 'api', calls.get),
    put: unary(context, 'api', calls.put),
    delete: unary(context, 'api', calls.delete),
    batch: unary(context, 'api', calls.batch),
    range: unary(context, 'api', calls.range),
    streamRange: serverStream(context, 'api', (request, timeoutMs) => streamRange(kv, request, timeoutMs)),
    mutate: pipelined(context, 'api', {
      answer: async ({ requestId, mutation }: MutateRequest, timeoutMs) => {
        return create(MutateResponseSchema, { requestId, outcome: await mutate(calls, mutation, timeoutMs) });
      },
      failed: ({ requestId }, error) => {
        return create(MutateResponseSchema, { requestId, outcome: { case: 'error', value: errorMessage(error) } });
      },
    }),
    read: pipelined(context, 'api', {
      answer: async ({ requestId, read }: ReadRequest, timeoutMs) => {
        return create(ReadResponseSchema, { requestId, outcome: await readOne(calls, read, timeoutMs) });
      },
      failed: ({ requestId }, error) => {
        return create(ReadResponseSchema, { requestId, outcome: { case: 'error', value: errorMessage(error) } });
      },
    }),
  };
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

async function mutate(calls: KvCalls, mutation: MutateRequest['mutation'], timeoutMs: number) {
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

async function readOne(calls: KvCalls, read: ReadRequest['read'], timeoutMs: number) {
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
