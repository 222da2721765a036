// SPDX-License-Identifier: Apache-2.0
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { KubeConfig } from '@kubernetes/client-node';
import type { Clock } from '../../../ports/clock.ts';
import { RecordingMetrics } from '../../../runtime/testing/recorders.ts';
import { systemClock } from '../../system-clock.ts';
import { KubeConnection } from '../connection.ts';
import type { RateLimiter } from '../rate-limiter.ts';
import { RestClient } from '../rest-client.ts';
import { RestKubeApi } from '../rest-kube-api.ts';

export interface Received {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export type Answer = (request: Received, response: ServerResponse) => void | Promise<void>;

export interface ScriptedServer {
  readonly url: string;
  readonly received: Received[];
  readonly metrics: RecordingMetrics;
  readonly connections: () => Promise<number>;
  readonly api: (options?: { readonly clock?: Clock; readonly limiter?: RateLimiter }) => RestKubeApi;
  readonly close: () => Promise<void>;
}

/** An HTTP server that answers as a script says, and clients for it. */
export async function startServer(answer: Answer): Promise<ScriptedServer> {
  const received: Received[] = [];
  const metrics = new RecordingMetrics();
  const opened: KubeConnection[] = [];
  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(Buffer.from(chunk));
    const { method = '', headers } = request;
    const url = new URL(request.url ?? '', 'http://server');
    const one = { method, url, headers, body: Buffer.concat(chunks).toString('utf8') };
    received.push(one);
    await answer(one, response);
  };
  const server = createServer((request, response) => void serve(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${portOf(server.address())}`;
  return {
    url,
    received,
    metrics,
    connections: async () =>
      new Promise((resolve, reject) => {
        server.getConnections((error, count) => (error === null ? resolve(count) : reject(error)));
      }),
    api: ({ clock = systemClock, limiter } = {}) => {
      const config = new KubeConfig();
      // client-node allows plain HTTP only to those who say that they know.
      config.loadFromClusterAndUser({ name: 'c', server: url, skipTLSVerify: true }, { name: 'u', token: 'secret' });
      const connection = new KubeConnection(config);
      opened.push(connection);
      const userAgent = 'shortlink-operator/test';
      return new RestKubeApi(new RestClient({ connection, clock, metrics, limiter, userAgent }));
    },
    close: async () => {
      for (const connection of opened) connection.close();
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

export function json(response: ServerResponse, status: number, value: unknown, headers: object = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(value));
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return address.port;
}
