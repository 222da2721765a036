// SPDX-License-Identifier: Apache-2.0
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: unknown;
}

/** Status and JSON body; `drop`: the connection breaks without an answer. */
export type Answer = { readonly status: number; readonly body?: unknown } | 'drop';

export interface FakeApi {
  readonly url: string;
  readonly seen: readonly Seen[];
  readonly close: () => void;
}

/** An HTTP server that gives the answers in their order, the last one again and again. */
export async function startFakeApi(answers: readonly Answer[]): Promise<FakeApi> {
  const seen: Seen[] = [];
  const server: Server = createServer((request, response) => {
    void text(request).then((body) => {
      const answer = answers[Math.min(seen.length, answers.length - 1)] ?? 'drop';
      const { method = '', url = '', headers } = request;
      seen.push({ method, url, headers, body: body === '' ? undefined : JSON.parse(body) });
      if (answer === 'drop') {
        request.socket.destroy();
        return;
      }
      response.writeHead(answer.status, { 'content-type': 'application/json' });
      response.end(answer.body === undefined ? '' : JSON.stringify(answer.body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    seen,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
