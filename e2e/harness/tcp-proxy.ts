// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { createConnection, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';

export interface ProxyTarget {
  readonly host: string;
  readonly port: number;
  /** Every byte is this late, in each direction: half of what a round trip takes longer. */
  readonly delayMs?: number;
  /** Called with what passes, in order. */
  readonly observe?: { readonly up: (socket: number, bytes: Buffer) => void; readonly down: (bytes: Buffer) => void };
}

/** Connections of the loopback on their way to a server: delayed, looked at, and cut. */
export class TcpProxy implements AsyncDisposable {
  readonly port: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #isCut = false;
  #count = 0;

  private constructor(server: Server, target: ProxyTarget) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
    server.on('connection', (client) => this.#pass(client, target));
  }

  static async open(target: ProxyTarget): Promise<TcpProxy> {
    const server = createServer({ noDelay: true });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new TcpProxy(server, target);
  }

  /** Breaks every connection, and each new one at once. */
  cut(): void {
    this.#isCut = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  mend(): void {
    this.#isCut = false;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #pass(client: Socket, { host, port, delayMs = 0, observe }: ProxyTarget): void {
    if (this.#isCut) {
      client.destroy();
      return;
    }
    const number = ++this.#count;
    const server = createConnection({ host, port, noDelay: true });
    const pairs = [
      [client, server, (bytes: Buffer) => observe?.up(number, bytes)],
      [server, client, (bytes: Buffer) => observe?.down(bytes)],
    ] as const;
    for (const [from, to, see] of pairs) {
      this.#sockets.add(from);
      from.on('data', (bytes: Buffer) => {
        see(bytes);
        later(delayMs, () => to.write(bytes));
      });
      from.on('end', () => later(delayMs, () => to.end()));
      from.on('error', () => to.destroy());
      from.on('close', () => {
        this.#sockets.delete(from);
        // Who has said everything may go before the other one has read it all.
        if (!from.readableEnded) later(delayMs, () => to.destroy());
      });
    }
  }
}

/** Timers of one length go off in the order in which they were set. */
function later(delayMs: number, run: () => void): void {
  if (delayMs === 0) run();
  else setTimeout(run, delayMs);
}
