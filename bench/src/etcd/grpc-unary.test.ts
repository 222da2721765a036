// SPDX-License-Identifier: Apache-2.0
import { Server, ServerCredentials, status } from '@grpc/grpc-js';
import { afterEach, describe, expect, test } from 'vitest';
import { UnaryChannel } from './grpc-unary.ts';
import { encodeFrame, FrameReader, frameType } from './http2-frames.ts';

const path = '/test.Echo/Echo';
const servers: Server[] = [];
const channels: UnaryChannel[] = [];
const same = (bytes: Buffer): Buffer => bytes;

/** A real gRPC server that answers with the message itself, and refuses an empty one. */
async function openChannel(): Promise<UnaryChannel> {
  const server = new Server();
  servers.push(server);
  const definition = { path, requestStream: false, responseStream: false } as const;
  const codecs = {
    requestSerialize: same,
    requestDeserialize: same,
    responseSerialize: same,
    responseDeserialize: same,
  };
  server.addService(
    { echo: { ...definition, ...codecs } },
    {
      echo: (call: { request: Buffer }, answer: (error: object | null, message?: Buffer) => void) => {
        if (call.request.length === 0) answer({ code: status.INVALID_ARGUMENT, details: 'empty' });
        else answer(null, call.request);
      },
    },
  );
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) => {
      if (error === null) resolve(bound);
      else reject(error);
    });
  });
  const channel = await UnaryChannel.open(`127.0.0.1:${port}`);
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
    const answers = await Promise.all(messages.map((message) => channel.call(path, message)));
    expect(answers.map((answer) => Buffer.from(answer))).toEqual(messages);
  });

  test('reject when the status is not OK, and go on', async () => {
    const channel = await openChannel();
    await expect(channel.call(path, Buffer.alloc(0))).rejects.toThrow('the call failed');
    await expect(channel.call('/test.Echo/Unknown', Buffer.from('x'))).rejects.toThrow('the call failed');
    expect(Buffer.from(await channel.call(path, Buffer.from('still here'))).toString()).toBe('still here');
  });

  test('reject, those under way and later ones, when the connection ends', async () => {
    const channel = await openChannel();
    await channel.call(path, Buffer.from('ready'));
    const underWay = channel.call(path, Buffer.from('lost'));
    servers[0]?.forceShutdown();
    await expect(underWay).rejects.toThrow(/closed|reset|ECONN|no more calls/);
    await expect(channel.call(path, Buffer.from('late'))).rejects.toThrow(/closed|reset|ECONN|no more calls/);
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
