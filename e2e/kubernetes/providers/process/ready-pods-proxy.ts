// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { createConnection, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** What kube-proxy does for a Service: each new connection goes to one of the addresses that are ready at the moment. */
export class ReadyPodsProxy implements AsyncDisposable {
  readonly port: number;
  readonly #server: Server;
  readonly #ready: () => readonly string[];
  readonly #targetPort: number;
  readonly #sockets = new Set<Socket>();
  #next = 0;

  private constructor(server: Server, ready: () => readonly string[], targetPort: number) {
    this.#server = server;
    this.#ready = ready;
    this.#targetPort = targetPort;
    this.port = (server.address() as AddressInfo).port;
    server.on('connection', (client) => this.#pass(client));
  }

  static async open(ready: () => readonly string[], targetPort: number): Promise<ReadyPodsProxy> {
    const server = createServer({ noDelay: true, allowHalfOpen: true });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new ReadyPodsProxy(server, ready, targetPort);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #pass(client: Socket): void {
    const addresses = this.#ready();
    const host = addresses[this.#next++ % Math.max(1, addresses.length)];
    if (host === undefined) {
      client.destroy();
      return;
    }
    const server = createConnection({ host, port: this.#targetPort, noDelay: true, allowHalfOpen: true });
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(from);
      from.pipe(to);
      from.on('error', () => to.destroy());
      from.on('close', () => {
        this.#sockets.delete(from);
        if (!from.readableEnded) to.destroy();
      });
    }
  }
}
