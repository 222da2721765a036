// SPDX-License-Identifier: Apache-2.0
import net from 'node:net';
import { Writable } from 'node:stream';
import { KubeError } from '../../ports/kube-api.ts';
import { abortReason } from './abort.ts';

/** As much of a WebSocket as is needed here. */
export interface Tunnel {
  addEventListener(type: 'close' | 'error', listener: () => void): void;
  close(): void;
}

/** Joins a connection to the port of a pod. What the kubelet complains about is written to `complaints`. */
export type OpenTunnel = (socket: net.Socket, complaints: Writable) => Promise<Tunnel>;

/**
 * Listens on a port of the loopback; each connection gets a tunnel of its own, and ends with it.
 * @returns host:port
 */
export async function forwardPort(open: OpenTunnel, signal: AbortSignal): Promise<string> {
  if (signal.aborted) throw abortReason(signal);
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
    join(socket, open).catch(() => socket.destroy());
  });
  const end = (): void => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => {
      reject(new KubeError(`no port of this machine: ${error.message}`, { status: 0, reason: 'PortForward' }));
    });
    server.listen(0, '127.0.0.1', resolve);
  });
  signal.addEventListener('abort', end, { once: true });
  const address = server.address();
  return `127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
}

async function join(socket: net.Socket, open: OpenTunnel): Promise<void> {
  const complaints = new Writable({
    write: (data: Uint8Array, _encoding, done) => {
      // Channels begin with a frame that only names the port.
      if (data.length > 0) socket.destroy();
      done();
    },
  });
  const tunnel = await open(socket, complaints);
  const drop = (): void => void socket.destroy();
  tunnel.addEventListener('close', drop);
  tunnel.addEventListener('error', drop);
  if (socket.destroyed) tunnel.close();
  else socket.once('close', () => tunnel.close());
}
