// SPDX-License-Identifier: Apache-2.0
import { create } from '@bufbuild/protobuf';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { Client, credentials, Metadata, status } from '@grpc/grpc-js';
import type { ClientDuplexStream, ServiceError as GrpcError } from '@grpc/grpc-js';
import { ServiceError } from '@shortlink/common/errors.ts';
import {
  AdminService as AdminContract,
  CancelRemoveNodeRequestSchema,
  GetStatusRequestSchema,
  HastenNodeRequestSchema,
  HoldNodeRequestSchema,
  Liveness,
  ReleaseNodeRequestSchema,
  RemoveNodeRequestSchema,
  ReplicaRole,
  TakeOperatorEpochRequestSchema,
} from '@shortlink/proto/admin.ts';
import { serviceClient } from '@shortlink/proto/grpc-service.ts';
import * as kvProto from '@shortlink/proto/kv.ts';
import * as linksProto from '@shortlink/proto/links.ts';
import { Consistency } from '@shortlink/proto/types.ts';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { noMetrics } from '../../telemetry/sink.ts';
import { newAuthenticator } from '../auth.ts';
import { adminToken, apiToken, fakeServices, testTokens } from '../testing/api-fixture.ts';
import { fieldTrailer, kindTrailer } from './grpc-errors.ts';
import { GrpcServer } from './grpc-server.ts';

const url = 'https://example.org/a';
const bytes = (text: string) => new TextEncoder().encode(text);
let services: ReturnType<typeof fakeServices>;
let server: GrpcServer;
let client: Client;
let errors: unknown[];
/** What the server's clock adds to the machine's. */
let clockAheadMs: number;

beforeEach(async () => {
  services = fakeServices();
  errors = [];
  clockAheadMs = 0;
  server = new GrpcServer({
    ...services,
    authenticator: newAuthenticator(() => testTokens),
    metrics: noMetrics,
    clock: { nowMs: () => Date.now() + clockAheadMs, monotonicMs: () => performance.now() },
    timeoutMs: 5000,
    isReady: () => true,
    onError: (error) => errors.push(error),
  });
  const { port } = await server.listen({ host: '127.0.0.1', port: 0 });
  client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
});
afterEach(async () => {
  client.close();
  await server.close();
});

function withToken(token: string | undefined) {
  const metadata = new Metadata();
  if (token !== undefined) metadata.set('authorization', `Bearer ${token}`);
  return { metadata };
}
const asApp = withToken(apiToken);
const links = () => serviceClient(linksProto.LinksService, client);
const kv = () => serviceClient(kvProto.KvService, client);

async function failureOf(promise: Promise<unknown>): Promise<GrpcError> {
  return promise.then(
    () => expect.fail('the call succeeded'),
    (error: unknown) => error as GrpcError,
  );
}

describe('links', () => {
  const link = (init: MessageInitShape<typeof linksProto.NewLinkSchema>, idempotencyKey = '') => {
    return create(linksProto.CreateLinkRequestSchema, { link: init, idempotencyKey });
  };

  test('created, read, changed, listed and deleted', async () => {
    const expireTime = timestampFromMs(services.shards.nowMs + 1500);
    const { link: created } = await links().createLink(link({ url, code: 'a/b', expireTime, creatorId: 'me' }), asApp);
    expect(created).toMatchObject({
      code: 'a/b',
      url,
      creatorId: 'me',
      expireTime: { seconds: expireTime.seconds },
      revision: 1n,
    });
    const read = await links().getLink(
      create(linksProto.GetLinkRequestSchema, { code: 'a/b', consistency: Consistency.STALE }),
      asApp,
    );
    expect(read.link).toEqual(created);
    expect(services.shards.calls.at(-1)?.options).toMatchObject({ consistency: 'stale' });
    const update = create(linksProto.UpdateLinkRequestSchema, {
      code: 'a/b',
      clearExpireTime: true,
      disabled: true,
      ifRevision: 1n,
    });
    const { link: updated } = await links().updateLink(update, asApp);
    expect(updated).toMatchObject({ disabled: true, url, revision: 2n });
    expect(updated?.expireTime).toBeUndefined();
    const page = await links().listLinks(create(linksProto.ListLinksRequestSchema, { creatorId: 'me' }), asApp);
    expect(page).toMatchObject({ links: [{ code: 'a/b' }], nextPageToken: '' });
    await links().deleteLink(create(linksProto.DeleteLinkRequestSchema, { code: 'a/b' }), asApp);
    const gone = await failureOf(links().getLink(create(linksProto.GetLinkRequestSchema, { code: 'a/b' }), asApp));
    expect(gone.code).toBe(status.NOT_FOUND);
    expect(gone.metadata.get(kindTrailer)).toEqual(['gone']);
  });

  test('a batch answers each row in its place', async () => {
    const request = create(linksProto.BatchCreateLinksRequestSchema, {
      links: [{ url, code: 'x' }, { url: 'no' }, { url, code: 'x' }],
    });
    const { results } = await links().batchCreateLinks(request, asApp);
    expect(results.map(({ outcome }) => (outcome.case === 'error' ? outcome.value.kind : outcome.case))).toEqual([
      'link',
      'invalid',
      'conflict',
    ]);
  });

  test('failures are status codes with their kind and field', async () => {
    const failure = await failureOf(links().createLink(link({ url: 'ftp://x' }), asApp));
    expect(failure.code).toBe(status.INVALID_ARGUMENT);
    expect(failure.metadata.get(kindTrailer)).toEqual(['invalid']);
    expect(failure.metadata.get(fieldTrailer)).toEqual(['url']);
    expect((await failureOf(links().createLink(create(linksProto.CreateLinkRequestSchema), asApp))).code).toBe(
      status.INVALID_ARGUMENT,
    );
    const huge = create(linksProto.UpdateLinkRequestSchema, { code: 'x', disabled: true, ifRevision: 2n ** 60n });
    expect((await failureOf(links().updateLink(huge, asApp))).metadata.get(fieldTrailer)).toEqual(['if_revision']);
    services.shards.failures.set(1, new ServiceError('unavailable', 'no leader'));
    expect((await failureOf(links().createLink(link({ url, code: 'a' }), asApp))).code).toBe(status.UNAVAILABLE);
    services.shards.write = async () => Promise.reject(new TypeError('secret'));
    const defect = await failureOf(links().createLink(link({ url, code: 'a' }), asApp));
    expect([defect.code, defect.details]).toEqual([status.INTERNAL, 'see the log of the node']);
    expect(errors).toHaveLength(1);
  });

  test('the deadline of the client reaches the shards, and a call that is too late does nothing', async () => {
    const request = create(linksProto.GetLinkRequestSchema, { code: 'a' });
    await failureOf(links().getLink(request, { ...asApp, deadline: Date.now() + 2000 }));
    const [call] = services.shards.calls;
    expect(call?.options.timeoutMs).toBeGreaterThan(0);
    expect(call?.options.timeoutMs).toBeLessThanOrEqual(2000);
    clockAheadMs = 10_000;
    const late = await failureOf(links().getLink(request, { ...asApp, deadline: Date.now() + 2000 }));
    expect(late.code).toBe(status.DEADLINE_EXCEEDED);
    expect(services.shards.calls).toHaveLength(1);
  });
});

describe('streams', () => {
  /** Sends everything and collects what comes until the end. */
  async function talk<I, O>(call: ClientDuplexStream<I, O>, messages: readonly I[]): Promise<O[]> {
    const replies: O[] = [];
    call.on('data', (reply: O) => replies.push(reply));
    const ended = new Promise<void>((resolve, reject) => {
      call.on('end', resolve);
      call.on('error', reject);
    });
    for (const message of messages) call.write(message);
    call.end();
    await ended;
    return replies;
  }

  test('2,000 pipelined puts and gets carry the ids of their requests; failures do not end the stream', async () => {
    const puts = Array.from({ length: 2000 }, (_, i) => {
      const put = { key: bytes(i === 77 ? '' : `${'az'[i % 2] ?? ''}${i}`), value: bytes(`${i}`) };
      return create(kvProto.MutateRequestSchema, { requestId: BigInt(i), mutation: { case: 'put', value: put } });
    });
    const written = await talk(kv().mutate(asApp), puts);
    expect(new Set(written.map((reply) => reply.requestId)).size).toBe(2000);
    const failed = written.filter((reply) => reply.outcome.case === 'error');
    expect(failed.map((reply) => [reply.requestId, reply.outcome.value])).toMatchObject([
      [77n, { kind: 'invalid', code: 3, field: 'key' }],
    ]);
    const gets = puts.map(({ requestId, mutation }) => {
      const key = mutation.case === 'put' ? mutation.value.key : bytes('');
      return create(kvProto.ReadRequestSchema, { requestId, read: { case: 'get', value: { key } } });
    });
    const read = await talk(kv().read(asApp), gets);
    for (const { requestId, outcome } of read) {
      if (requestId === 77n) expect(outcome.case).toBe('error');
      else
        expect(outcome.case === 'get' ? new TextDecoder().decode(outcome.value.row?.value) : '').toBe(`${requestId}`);
    }
    expect(read).toHaveLength(2000);
  });

  test('a slow request does not hold up the ones behind it', async () => {
    const gate = Promise.withResolvers<void>();
    const realWrite = services.shards.write.bind(services.shards);
    services.shards.write = async (shard, commands, options) => {
      if (shard === 1) await gate.promise;
      return realWrite(shard, commands, options);
    };
    const call = kv().mutate(asApp);
    const order: bigint[] = [];
    call.on('data', (reply: kvProto.MutateResponse) => {
      order.push(reply.requestId);
      if (reply.requestId === 2n) gate.resolve();
    });
    const ended = new Promise((resolve) => call.on('end', resolve));
    for (const [requestId, key] of [
      [1n, 'a'],
      [2n, 'z'],
    ] as const) {
      call.write(
        create(kvProto.MutateRequestSchema, { requestId, mutation: { case: 'put', value: { key: bytes(key) } } }),
      );
    }
    call.end();
    await ended;
    expect(order).toEqual([2n, 1n]);
  });

  test('links are made and read over streams too, and a message without a case is an error of its own', async () => {
    const mutations: MessageInitShape<typeof linksProto.MutateRequestSchema>['mutation'][] = [
      { case: 'create', value: { link: { url, code: 'a' } } },
      { case: 'batchCreate', value: { links: [{ url, code: 'b' }] } },
      { case: undefined },
    ];
    const requests = mutations.map((mutation, i) =>
      create(linksProto.MutateRequestSchema, { requestId: BigInt(i), ...(mutation ? { mutation } : {}) }),
    );
    const replies = await talk(links().mutate(asApp), requests);
    const byId = new Map(replies.map(({ requestId, outcome }) => [requestId, outcome.case]));
    expect([byId.get(0n), byId.get(1n), byId.get(2n)]).toEqual(['create', 'batchCreate', 'error']);
    const changes: MessageInitShape<typeof linksProto.MutateRequestSchema>[] = [
      { mutation: { case: 'update', value: { code: 'a', disabled: true } } },
      { mutation: { case: 'delete', value: { code: 'b' } } },
    ];
    const changed = await talk(
      links().mutate(asApp),
      changes.map((change) => create(linksProto.MutateRequestSchema, change)),
    );
    expect(changed.map(({ outcome }) => outcome.case).sort()).toEqual(['delete', 'update']);
    const reads: MessageInitShape<typeof linksProto.ReadRequestSchema>[] = [
      { read: { case: 'get', value: { code: 'a' } } },
      { read: { case: 'list', value: { creatorId: 'anonymous' } } },
    ];
    const read = await talk(
      links().read(asApp),
      reads.map((each) => create(linksProto.ReadRequestSchema, each)),
    );
    expect(read.map(({ outcome }) => outcome.case).sort()).toEqual(['get', 'list']);
  });

  test('a drain answers what was asked and ends the stream as unavailable', async () => {
    const gate = Promise.withResolvers<void>();
    services.shards.gate = gate.promise;
    const call = kv().mutate(asApp);
    const replies: kvProto.MutateResponse[] = [];
    call.on('data', (reply: kvProto.MutateResponse) => replies.push(reply));
    const failed = new Promise<GrpcError>((resolve) => call.on('error', (error) => resolve(error as GrpcError)));
    call.write(
      create(kvProto.MutateRequestSchema, { requestId: 9n, mutation: { case: 'put', value: { key: bytes('a') } } }),
    );
    await expect.poll(() => services.shards.calls.length).toBe(1);
    const drained = server.drain();
    gate.resolve();
    expect((await failed).code).toBe(status.UNAVAILABLE);
    await drained;
    expect(replies.map((reply) => [reply.requestId, reply.outcome.case])).toEqual([[9n, 'put']]);
  });

  test('a range streams across the shards', async () => {
    for (const key of 'abyz')
      await kv().put(create(kvProto.PutRequestSchema, { key: bytes(key), value: bytes(key) }), asApp);
    const keys: string[] = [];
    const call = kv().streamRange(
      create(kvProto.StreamRangeRequestSchema, { gte: bytes('b'), reverse: true, limit: 3n }),
      asApp,
    );
    for await (const reply of call) {
      keys.push(...(reply as kvProto.StreamRangeResponse).rows.map((row) => new TextDecoder().decode(row.key)));
    }
    expect(keys).toEqual(['z', 'y', 'b']);
    const page = await kv().range(create(kvProto.RangeRequestSchema, { pageSize: 3 }), asApp);
    const rest = await kv().range(create(kvProto.RangeRequestSchema, { pageToken: page.nextPageToken }), asApp);
    expect([page.rows.length, rest.rows.length, rest.nextPageToken]).toEqual([3, 1, '']);
    const broken = kv().streamRange(
      create(kvProto.StreamRangeRequestSchema, { gte: bytes('b'), lt: bytes('a') }),
      asApp,
    );
    const failure = new Promise<GrpcError>((resolve) => broken.on('error', (error) => resolve(error as GrpcError)));
    broken.resume();
    expect((await failure).code).toBe(status.INVALID_ARGUMENT);
  });
});

describe('tokens', () => {
  test('calls and streams want a token, administration one of scope admin', async () => {
    const get = create(kvProto.GetRequestSchema, { key: bytes('a') });
    for (const token of [undefined, 'wrong']) {
      expect((await failureOf(kv().get(get, withToken(token)))).code).toBe(status.UNAUTHENTICATED);
      const call = kv().read(withToken(token));
      const failure = new Promise<GrpcError>((resolve) => call.on('error', (error) => resolve(error as GrpcError)));
      call.resume();
      expect((await failure).code).toBe(status.UNAUTHENTICATED);
    }
    expect(services.shards.calls).toEqual([]);
    const admin = serviceClient(AdminContract, client);
    const ask = create(GetStatusRequestSchema);
    expect((await failureOf(admin.getStatus(ask, asApp))).code).toBe(status.PERMISSION_DENIED);
    expect(await admin.getStatus(ask, withToken(adminToken))).toMatchObject({
      nodeId: 'aaaaaaaaaaaaaaaa',
      map: { epoch: 7n, shards: [{ id: 1 }, { id: 2 }] },
      replicas: [{ role: ReplicaRole.LEADER, healthy: true }, {}],
      leaders: [{ shardId: 1, nodeId: 'aaaaaaaaaaaaaaaa' }, {}],
      ring: {
        epoch: 3n,
        operatorEpoch: 7n,
        nodes: [
          {
            state: Liveness.ALIVE,
            chunksHeld: 4n,
            chunkProblem: 'the disk is full',
            storeProblem: 'the store is away',
          },
        ],
        chunks: { total: 5n, underReplicated: 1n, moving: 2n },
        events: [{ kind: 'nodeOut', nodeId: 'bbbbbbbbbbbbbbbb', reason: 'no heartbeat for 600000 ms' }],
      },
    });
    const taken = await admin.takeOperatorEpoch(create(TakeOperatorEpochRequestSchema), withToken(adminToken));
    expect(taken.operatorEpoch).toBe(8n);
    const hold = { nodeId: 'aaaaaaaaaaaaaaaa', operatorEpoch: 8n, durationMs: 60_000n };
    await admin.holdNode(create(HoldNodeRequestSchema, hold), withToken(adminToken));
    expect(services.shards.adminRequests.at(-1)).toEqual({
      type: 'order',
      operatorEpoch: 8,
      order: { type: 'hold', nodeId: 'aaaaaaaaaaaaaaaa', durationMs: 60_000 },
    });
    await admin.releaseNode(create(ReleaseNodeRequestSchema, hold), withToken(adminToken));
    await admin.hastenNode(create(HastenNodeRequestSchema, hold), withToken(adminToken));
    expect(services.shards.adminRequests.at(-1)).toMatchObject({ operatorEpoch: 8, order: { type: 'hasten' } });
    const fenced = { nodeId: 'aaaaaaaaaaaaaaaa', operatorEpoch: 8n };
    await admin.removeNode(create(RemoveNodeRequestSchema, fenced), withToken(adminToken));
    expect(services.shards.adminRequests.at(-1)).toMatchObject({ operatorEpoch: 8, order: { type: 'drain' } });
    await admin.cancelRemoveNode(create(CancelRemoveNodeRequestSchema, fenced), withToken(adminToken));
    expect(services.shards.adminRequests.at(-1)).toMatchObject({ operatorEpoch: 8, order: { type: 'keep' } });
    await admin.removeNode(create(RemoveNodeRequestSchema, { nodeId: 'aaaaaaaaaaaaaaaa' }), withToken(adminToken));
    expect(services.shards.adminRequests.at(-1)).toMatchObject({ type: 'removeNode' });
    services.shards.adminResponse = { type: 'refused', message: 'no' };
    const refused = admin.removeNode(
      create(RemoveNodeRequestSchema, { nodeId: 'aaaaaaaaaaaaaaaa' }),
      withToken(adminToken),
    );
    expect((await failureOf(refused)).code).toBe(status.FAILED_PRECONDITION);
  });
});
