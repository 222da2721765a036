// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server, ServerResponse } from 'node:http';

export interface Health {
  /** Why this process should be started anew, in words; undefined: it should not. */
  readonly sick: () => string | undefined;
  /** Why it should not be relied on at present. */
  readonly unready: () => string | undefined;
  readonly metrics: () => Promise<{ readonly contentType: string; readonly text: string }>;
}

/** `/healthz`, `/readyz` and `/metrics`. `address`: host:port. */
export async function startHealthServer(address: string, health: Health): Promise<Server> {
  const colon = address.lastIndexOf(':');
  const server = createServer((request, response) => void answer(request.url ?? '', response, health));
  server.requestTimeout = 10_000;
  server.listen({ host: address.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(address.slice(colon + 1)) });
  await once(server, 'listening');
  return server;
}

async function answer(url: string, response: ServerResponse, health: Health): Promise<void> {
  const path = url.split('?')[0];
  if (path === '/healthz') verdict(response, health.sick());
  else if (path === '/readyz') verdict(response, health.unready());
  else if (path === '/metrics') {
    try {
      const { contentType, text } = await health.metrics();
      response.writeHead(200, { 'content-type': contentType }).end(text);
    } catch (error) {
      response.writeHead(500, { 'content-type': 'text/plain' }).end(`${String(error)}\n`);
    }
  } else response.writeHead(404, { 'content-type': 'text/plain' }).end('there are /metrics, /healthz and /readyz\n');
}

function verdict(response: ServerResponse, problem: string | undefined): void {
  response.writeHead(problem === undefined ? 200 : 503, { 'content-type': 'text/plain' }).end(`${problem ?? 'ok'}\n`);
}
