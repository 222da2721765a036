// SPDX-License-Identifier: Apache-2.0
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { Server, ServerCredentials, status, type ServerDuplexStream } from '@grpc/grpc-js';
import { LinksService, MutateRequestSchema, MutateResponseSchema } from '@shortlink/proto/links.ts';
import { afterEach, describe, expect, test } from 'vitest';
import { lengthPrefixed, MessageReader } from './grpc-framing.ts';
import { GrpcStream } from './grpc-stream.ts';
import { callUnary } from './grpc-unary.ts';
import { Http2Connection } from './http2-connection.ts';
import { encodeFrame, FrameReader, frameType } from './http2-frames.ts';

const path = '/test.Echo/Echo';
const servers: Server[] = [];
const channels: Http2Connection[] = [];
const same = (bytes: Buffer): Buffer => bytes;

type Reply = (error: object | null, message?: Buffer) => void;

/** A real gRPC server: echoes messages one by one and on a stream, and refuses an empty one. */
async function openChannel(): Promise<Http2Connection> {
  const server = new Server();
  servers.push(server);
  const bytes = {
    requestSerialize: same,
    requestDeserialize: same,
    responseSerialize: same,
    responseDeserialize: same,
  };
  const mutatePath = `/${LinksService.typeName}/${LinksService.method.mutate.name}`;
  server.addService(
    {
      echo: { path, requestStream: false, responseStream: false, ...bytes },
      mutate: { path: mutatePath, requestStream: true, responseStream: true, ...bytes },
    },
    {
      echo: (call: { request: Buffer }, reply: Reply) => {
        if (call.request.length === 0) reply({ code: status.INVALID_ARGUMENT, details: 'empty' });
        else reply(null, call.request);
      },
      mutate: (call: ServerDuplexStream<Buffer, Buffer>) => {
        call.on('data', (request: Buffer) => {
          const { requestId } = fromBinary(MutateRequestSchema, request);
          call.write(Buffer.from(toBinary(MutateResponseSchema, create(MutateResponseSchema, { requestId }))));
        });
      },
    },
  );
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) => {
      if (error === null) resolve(bound);
      else reject(error);
    });
  });
  const channel = await Http2Connection.open(`127.0.0.1:${port}`);
  channels.push(channel);
  return channel;
}

afterEach(async () => {
  await Promise.all(channels.splice(0).map((channel) => channel.close()));
  for (const server of servers.splice(0)) server.forceShutdown();
});

describe('unary calls over plain HTTP/2', () => {
  test('answer a real gRPC server’s calls, many at a time and beyond the window of a connection', async () => {
    const channel = await openChannel();
    const messages = Array.from({ length: 200 }, (_, i) => Buffer.alloc(2000, i));
    const answers = await Promise.all(messages.map((message) => callUnary(channel, path, message)));
    expect(answers.map((answer) => Buffer.from(answer))).toEqual(messages);
  });

  test('reject when the status is not OK, and go on', async () => {
    const channel = await openChannel();
    await expect(callUnary(channel, path, Buffer.alloc(0))).rejects.toThrow('the call failed');
    await expect(callUnary(channel, '/test.Echo/Unknown', Buffer.from('x'))).rejects.toThrow('the call failed');
    expect(Buffer.from(await callUnary(channel, path, Buffer.from('still here'))).toString()).toBe('still here');
  });

  test('reject, those under way and later ones, when the connection ends', async () => {
    const channel = await openChannel();
    await callUnary(channel, path, Buffer.from('ready'));
    const underWay = callUnary(channel, path, Buffer.from('lost'));
    servers[0]?.forceShutdown();
    await expect(underWay).rejects.toThrow(/closed|reset|ECONN|no more calls/);
    await expect(callUnary(channel, path, Buffer.from('late'))).rejects.toThrow(/closed|reset|ECONN|no more calls/);
  });
});

describe('a stream over plain HTTP/2', () => {
  test('carries every message both ways, beyond the windows of stream and connection', async () => {
    const connection = await openChannel();
    const url = `https://example.com/${'x'.repeat(1000)}`;
    const count = 1000;
    const answered = new Set<bigint>();
    await new Promise<void>((resolve, reject) => {
      const stream = new GrpcStream(connection, LinksService.method.mutate, {
        onMessage: ({ requestId }) => {
          answered.add(requestId);
          if (answered.size === count) resolve();
        },
        onEnd: reject,
      });
      for (let i = 0; i < count; i++) {
        const mutation = { case: 'create', value: { link: { url } } } as const;
        stream.write(create(MutateRequestSchema, { requestId: BigInt(i), mutation }));
      }
    });
    expect(answered.size).toBe(count);
  });

  test('says when the server ends it', async () => {
    const connection = await openChannel();
    const end = new Promise<Error>((resolve) => {
      const stream = new GrpcStream(connection, LinksService.method.mutate, {
        onMessage: () => undefined,
        onEnd: resolve,
      });
      stream.write(create(MutateRequestSchema, { requestId: 1n }));
    });
    servers[0]?.forceShutdown();
    expect((await end).message).toMatch(/closed|reset|ended|ECONN|no more calls/);
  });
});

describe('the reader of messages', () => {
  test('gives the same messages wherever the bytes are cut', () => {
    const messages = ['a', '', 'ccc'].map((text) => Buffer.from(text));
    const bytes = Buffer.concat(messages.map(lengthPrefixed));
    for (let size = 1; size <= bytes.length; size++) {
      const reader = new MessageReader();
      const read = [];
      for (let at = 0; at < bytes.length; at += size) read.push(...reader.push(bytes.subarray(at, at + size)));
      expect(read).toEqual(messages);
    }
  });
});

describe('the frame reader', () => {
  test('gives the same frames wherever the bytes are cut', () => {
    const frames = [1, 3, 5].map((stream) => ({
      type: frameType.data,
      flags: 1,
      stream,
      payload: Buffer.alloc(stream * 3, stream),
    }));
    const bytes = Buffer.concat(frames.map(encodeFrame));
    for (let size = 1; size <= bytes.length; size++) {
      const reader = new FrameReader();
      const read = [];
      for (let at = 0; at < bytes.length; at += size) read.push(...reader.push(bytes.subarray(at, at + size)));
      expect(read).toEqual(frames);
    }
  });
});
