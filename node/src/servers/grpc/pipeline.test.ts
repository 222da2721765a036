// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { connect } from 'node:http2';
import { create, toBinary } from '@bufbuild/protobuf';
import { status } from '@grpc/grpc-js';
import { utf8 } from '@shortlink/common/bytes.ts';
import { ServiceError } from '@shortlink/common/errors.ts';
import { serviceClient } from '@shortlink/proto/grpc-service.ts';
import { Health, HealthCheckRequestSchema } from '@shortlink/proto/health.ts';
import * as kvProto from '@shortlink/proto/kv.ts';
import * as linksProto from '@shortlink/proto/links.ts';
import { afterEach, describe, expect, test } from 'vitest';
import { apiToken } from '../testing/api-fixture.ts';
import { kindTrailer } from './grpc-errors.ts';
import { asApp, hear, startGrpc } from './testing/grpc-fixture.ts';
import type { FixtureOptions, GrpcFixture } from './testing/grpc-fixture.ts';

const url = 'https://example.org/a';
let fixture: GrpcFixture | undefined;
afterEach(async () => fixture?.close());

async function start(options: FixtureOptions = {}) {
  fixture = await startGrpc(options);
  const links = serviceClient(linksProto.LinksService, fixture.client);
  const kv = serviceClient(kvProto.KvService, fixture.client);
  return { ...fixture, linkCalls: links, kvCalls: kv };
}

function put(requestId: number, key: string, valueBytes = 1) {
  const value = { key: utf8(key), value: new Uint8Array(valueBytes) };
  return create(kvProto.MutateRequestSchema, { requestId: BigInt(requestId), mutation: { case: 'put', value } });
}

function createLink(requestId: number, code: string, idempotencyKey = '') {
  const value = { link: { url, code }, idempotencyKey };
  return create(linksProto.MutateRequestSchema, { requestId: BigInt(requestId), mutation: { case: 'create', value } });
}

/** Long enough for anything that the server would have read to arrive. */
async function roundTrips({ client }: GrpcFixture): Promise<void> {
  const health = serviceClient(Health, client);
  for (let i = 0; i < 20; i++) await health.check(create(HealthCheckRequestSchema));
}

function writesOf({ shards }: GrpcFixture): number {
  return shards.calls.filter(({ type }) => type === 'write').length;
}

/** Holds writes only, so that other calls still get their answers. */
function holdWrites({ shards }: GrpcFixture) {
  const gate = Promise.withResolvers<void>();
  const write = shards.write.bind(shards);
  shards.write = async (shard, commands, options) => {
    const results = write(shard, commands, options);
    await gate.promise;
    return results;
  };
  return gate;
}

describe('holding back', () => {
  test('messages beyond the limit stay unread until others are answered', async () => {
    const server = await start({ limits: { streamMaxMessages: 8 } });
    const gate = holdWrites(server);
    const call = server.kvCalls.mutate(asApp);
    const { replies, ended } = hear(call);
    for (let i = 0; i < 100; i++) call.write(put(i, `k${i}`));
    call.end();
    await expect.poll(() => writesOf(server)).toBe(8);
    await roundTrips(server);
    expect(writesOf(server)).toBe(8);
    gate.resolve();
    expect(await ended).toBeUndefined();
    expect(new Set(replies.map(({ requestId }) => requestId)).size).toBe(100);
  });

  test('so do bytes beyond the limit', async () => {
    const server = await start({ limits: { streamMaxBytes: 1024 * 1024 } });
    const gate = holdWrites(server);
    const call = server.kvCalls.mutate(asApp);
    const { replies, ended } = hear(call);
    for (let i = 0; i < 10; i++) call.write(put(i, `k${i}`, 600_000));
    call.end();
    await expect.poll(() => writesOf(server)).toBe(1);
    await roundTrips(server);
    expect(writesOf(server)).toBe(1);
    gate.resolve();
    expect(await ended).toBeUndefined();
    expect(replies).toHaveLength(10);
  });

  test('a client that takes no answers is asked for no more than the stream may hold', async () => {
    const server = await start({ limits: { streamMaxMessages: 64, streamMaxBytes: 1024 * 1024 } });
    await server.kvCalls.put(
      create(kvProto.PutRequestSchema, { key: utf8('k'), value: new Uint8Array(100_000) }),
      asApp,
    );
    const messages = 400;
    // gRPC's own client takes whatever comes, asked for or not.
    const session = connect(`http://127.0.0.1:${server.port}`);
    const stream = session.request({
      ':method': 'POST',
      ':path': `/${kvProto.KvService.typeName}/Read`,
      'content-type': 'application/grpc',
      te: 'trailers',
      authorization: `Bearer ${apiToken}`,
    });
    for (let i = 0; i < messages; i++) {
      const read = { case: 'get', value: { key: utf8('k') } } as const;
      stream.write(framed(toBinary(kvProto.ReadRequestSchema, create(kvProto.ReadRequestSchema, { read }))));
    }
    stream.end();
    const reads = () => server.shards.calls.filter(({ type }) => type === 'read').length;
    await expect.poll(reads).toBeGreaterThan(4);
    let before: number;
    do {
      before = reads();
      await roundTrips(server);
    } while (reads() > before);
    expect(before).toBeLessThan(64);
    let bytes = 0;
    stream.on('data', (chunk: Buffer) => (bytes += chunk.length));
    await once(stream, 'end');
    expect(bytes).toBeGreaterThan(messages * 100_000);
    session.close();
  });
});

function framed(message: Uint8Array): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

describe('the end of a message', () => {
  test('creates that come together share proposals, each with its own key and answer', async () => {
    const server = await start();
    const call = server.linkCalls.mutate(asApp);
    const { replies, ended } = hear(call);
    for (let i = 0; i < 100; i++) call.write(createLink(i, `c${i}`, `key ${i}`));
    call.write(createLink(100, 'c7'));
    call.write(createLink(101, 'd8', 'key 8'));
    call.write(create(linksProto.MutateRequestSchema, { requestId: 102n, mutation: { case: 'create', value: {} } }));
    call.end();
    expect(await ended).toBeUndefined();
    const byId = new Map(replies.map(({ requestId, outcome }) => [Number(requestId), outcome]));
    expect(byId.size).toBe(103);
    for (let i = 0; i < 100; i++) {
      expect(byId.get(i)).toMatchObject({ case: 'create', value: { link: { code: `c${i}`, url } } });
    }
    expect(byId.get(100)).toMatchObject({ case: 'error', value: { kind: 'conflict', code: status.ALREADY_EXISTS } });
    expect(byId.get(101)).toMatchObject({ case: 'error', value: { kind: 'idempotencyMismatch' } });
    expect(byId.get(102)).toMatchObject({ case: 'error', value: { kind: 'invalid', field: 'link' } });
    expect(Math.max(...server.shards.calls.map(({ count }) => count))).toBeGreaterThan(1);
  });

  test('an unknown outcome is a timeout that may be tried again; other failures keep their kind', async () => {
    const server = await start();
    server.shards.failures.set(1, new ServiceError('timeout', 'no quorum'));
    server.shards.failures.set(2, new ServiceError('unavailable', 'no leader'));
    const call = server.kvCalls.mutate(asApp);
    const { replies, ended } = hear(call);
    call.write(put(1, 'a'));
    call.write(put(2, 'z'));
    call.end();
    expect(await ended).toBeUndefined();
    const byId = new Map(replies.map(({ requestId, outcome }) => [Number(requestId), outcome.value]));
    expect(byId.get(1)).toMatchObject({ kind: 'timeout', code: status.DEADLINE_EXCEEDED, retryable: true });
    expect(byId.get(2)).toMatchObject({ kind: 'unavailable', code: status.UNAVAILABLE, retryable: true });
    const error = await server.kvCalls
      .put(create(kvProto.PutRequestSchema, { key: utf8('a') }), asApp)
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: status.DEADLINE_EXCEEDED });
  });

  test('a defect is an internal error without a reason, and is reported', async () => {
    const server = await start();
    server.shards.write = async () => Promise.reject(new TypeError('secret'));
    const kv = server.kvCalls.mutate(asApp);
    const links = server.linkCalls.mutate(asApp);
    const heard = [hear(kv), hear(links)];
    kv.end(put(1, 'a'));
    links.end(createLink(1, 'a'));
    for (const { replies, ended } of heard) {
      expect(await ended).toBeUndefined();
      expect(replies).toMatchObject([{ outcome: { value: { kind: 'internal', message: 'see the log of the node' } } }]);
    }
    expect(server.errors).toHaveLength(2);
  });

  test('a message that nothing ever answers is given up, and the stream goes on', async () => {
    const server = await start();
    const gate = holdWrites(server);
    const call = server.kvCalls.mutate(asApp);
    const { replies, ended } = hear(call);
    call.write(put(1, 'a'));
    await expect.poll(() => writesOf(server)).toBe(1);
    server.clock.aheadMs = 7000;
    await expect.poll(() => replies.length, { timeout: 5000 }).toBe(1);
    expect(replies).toMatchObject([{ requestId: 1n, outcome: { case: 'error', value: { kind: 'timeout' } } }]);
    call.write(put(2, 'b'));
    gate.resolve();
    call.end();
    expect(await ended).toBeUndefined();
    expect(replies.map(({ requestId }) => requestId)).toEqual([1n, 2n]);
  });
});

describe('the end of a stream', () => {
  test('what was not read when the client cancels is never started', async () => {
    const server = await start({ limits: { streamMaxMessages: 1 } });
    const gate = holdWrites(server);
    const call = server.kvCalls.mutate(asApp);
    const { ended } = hear(call);
    for (let i = 0; i < 10; i++) call.write(put(i, `k${i}`));
    await expect.poll(() => writesOf(server)).toBe(1);
    call.cancel();
    expect((await ended)?.code).toBe(status.CANCELLED);
    await roundTrips(server);
    gate.resolve();
    await roundTrips(server);
    expect(writesOf(server)).toBe(1);
  });

  test('its deadline bounds each message and ends it', async () => {
    const server = await start();
    const gate = holdWrites(server);
    const call = server.kvCalls.mutate({ ...asApp, deadline: Date.now() + 400 });
    const { ended } = hear(call);
    call.write(put(1, 'a'));
    expect((await ended)?.code).toBe(status.DEADLINE_EXCEEDED);
    gate.resolve();
    const timeouts = server.shards.calls.map(({ options }) => options.timeoutMs);
    expect(timeouts).toHaveLength(1);
    expect(timeouts[0]).toBeLessThanOrEqual(400);
  });

  test('a message that cannot be read ends it, with the reason', async () => {
    const server = await start();
    const path = `/${kvProto.KvService.typeName}/Mutate`;
    const asIs = (bytes: Buffer): Buffer => bytes;
    const call = server.client.makeBidiStreamRequest(path, asIs, asIs, asApp.metadata);
    const { ended } = hear(call);
    call.write(Buffer.from([0x0a, 0xff]));
    const error = await ended;
    expect(error?.code).toBe(status.INVALID_ARGUMENT);
    expect(error?.metadata.get(kindTrailer)).toEqual(['malformed']);
  });

  test('a message that is too large ends it before it is read', async () => {
    const server = await start({ limits: { messageMaxBytes: 1000 } });
    const call = server.kvCalls.mutate(asApp);
    const { ended } = hear(call);
    call.write(put(1, 'a', 2000));
    expect((await ended)?.code).toBe(status.RESOURCE_EXHAUSTED);
    expect(writesOf(server)).toBe(0);
  });
});
