// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { createConnection, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { TcpProxy } from './tcp-proxy.ts';

async function echoServer() {
  const server = createServer((socket) => socket.on('error', () => {}).pipe(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { port, [Symbol.dispose]: () => void server.close() };
}

async function connect(port: number): Promise<Socket> {
  const socket = createConnection({ port, host: '127.0.0.1' }).on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

async function echoOf(socket: Socket, text: string): Promise<string> {
  let got = '';
  socket.write(text);
  while (got.length < text.length) got += String((await once(socket, 'data'))[0]);
  return got;
}

it('passes bytes on, in order and not before their time, and shows them', async () => {
  using server = await echoServer();
  const seen = { up: '', down: '' };
  await using proxy = await TcpProxy.open({
    host: '127.0.0.1',
    port: server.port,
    delayMs: 20,
    observe: { up: (_, bytes) => (seen.up += String(bytes)), down: (bytes) => (seen.down += String(bytes)) },
  });
  const socket = await connect(proxy.port);
  const startMs = performance.now();
  expect(await echoOf(socket, 'one')).toBe('one');
  // A timer may go off up to a millisecond early.
  expect(performance.now() - startMs).toBeGreaterThan(38);
  const long = 'x'.repeat(300_000);
  expect(await echoOf(socket, long)).toBe(long);
  expect(seen).toEqual({ up: `one${long}`, down: `one${long}` });
  socket.destroy();
});

it('cuts what is there and what comes, until it is mended', async () => {
  using server = await echoServer();
  await using proxy = await TcpProxy.open({ host: '127.0.0.1', port: server.port });
  const socket = await connect(proxy.port);
  expect(await echoOf(socket, 'a')).toBe('a');
  const closed = once(socket, 'close');
  proxy.cut();
  await closed;
  const refused = await connect(proxy.port);
  await once(refused, 'close');
  proxy.mend();
  const again = await connect(proxy.port);
  expect(await echoOf(again, 'b')).toBe('b');
  again.destroy();
});

it('passes all on to a slow reader, though the server has said everything and closed', async () => {
  const bytes = Buffer.alloc(16 * 1024 * 1024, 'y');
  const server = createServer((socket) => socket.on('error', () => {}).end(bytes));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  await using proxy = await TcpProxy.open({ host: '127.0.0.1', port: (server.address() as AddressInfo).port });
  const socket = await connect(proxy.port);
  socket.pause();
  await sleep(200);
  let got = 0;
  socket.on('data', (part: Buffer) => (got += part.length)).resume();
  await once(socket, 'close');
  server.close();
  expect(got).toBe(bytes.length);
});
