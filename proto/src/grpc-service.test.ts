// SPDX-License-Identifier: Apache-2.0
import { create } from '@bufbuild/protobuf';
import { Client, credentials, Server, ServerCredentials } from '@grpc/grpc-js';
import { afterEach, expect, test } from 'vitest';
import { addService, serviceClient, serviceDefinition } from './grpc-service.ts';
import type { ServiceHandlers } from './grpc-service.ts';
import {
  FormationResponseSchema,
  Peer,
  PeerFrameSchema,
  SnapshotChunkSchema,
  SnapshotDoneSchema,
  FormationRequestSchema,
} from './peer.ts';
import type { PeerFrame } from './peer.ts';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

const echo: ServiceHandlers<typeof Peer> = {
  formation: (call, done) =>
    done(null, create(FormationResponseSchema, { kind: call.request.kind, payload: call.request.payload })),
  exchange: (call) => {
    call.on('data', (frame: PeerFrame) => call.write(frame));
    call.on('end', () => call.end());
  },
  sendSnapshot: (call, done) => {
    let bytes = 0;
    call.on('data', (chunk: { data: Uint8Array }) => (bytes += chunk.data.length));
    call.on('end', () => done(null, create(SnapshotDoneSchema, { accepted: true, message: `${bytes}` })));
  },
};

async function startEcho() {
  const server = new Server();
  addService(server, Peer, echo);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
  closers.push(
    () => client.close(),
    () => server.forceShutdown(),
  );
  return serviceClient(Peer, client);
}

test('a unary call carries its bytes both ways', async () => {
  const peer = await startEcho();
  const reply = await peer.formation(
    create(FormationRequestSchema, { kind: 'promise', payload: new Uint8Array([0, 255]) }),
  );
  expect(reply.kind).toBe('promise');
  expect([...reply.payload]).toEqual([0, 255]);
});

test('frames of a bidirectional stream come back in their order with 64-bit numbers intact', async () => {
  const peer = await startEcho();
  const call = peer.exchange();
  const seen: PeerFrame[] = [];
  const ended = new Promise((resolve) => call.on('end', resolve));
  call.on('data', (frame: PeerFrame) => seen.push(frame));
  for (let term = 1n; term <= 3n; term++) {
    call.write(
      create(PeerFrameSchema, {
        messages: [{ group: 7, term, index: 2n ** 53n - 1n, entries: [{ data: new Uint8Array(3) }] }],
      }),
    );
  }
  call.end();
  await ended;
  expect(seen.map((frame) => frame.messages[0]?.term)).toEqual([1n, 2n, 3n]);
  expect(seen[0]?.messages[0]?.index).toBe(2n ** 53n - 1n);
});

test('a client stream is answered once, after its end', async () => {
  const peer = await startEcho();
  const { call, response } = peer.sendSnapshot();
  call.write(create(SnapshotChunkSchema, { data: new Uint8Array(10) }));
  call.end(create(SnapshotChunkSchema, { data: new Uint8Array(5), last: true }));
  expect((await response).message).toBe('15');
});

test('paths and stream flags follow the contract', () => {
  const definition = serviceDefinition(Peer);
  expect(definition['exchange']).toMatchObject({
    path: '/shortlink.peer.v1.Peer/Exchange',
    requestStream: true,
    responseStream: true,
  });
  expect(definition['formation']).toMatchObject({ requestStream: false, responseStream: false });
});
