// SPDX-License-Identifier: Apache-2.0
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { startHealthServer } from './health-server.ts';

it('answers whether the process is well, whether it is ready, and with metrics', async () => {
  let unready: string | undefined = 'pods have not been listed yet';
  const server = await startHealthServer('127.0.0.1:0', {
    sick: () => undefined,
    unready: () => unready,
    metrics: async () => ({ contentType: 'text/plain; version=0.0.4', text: 'up 1\n' }),
  });
  const { port } = server.address() as AddressInfo;
  const ask = async (path: string): Promise<[number, string]> => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`);
    return [response.status, await response.text()];
  };
  expect(await ask('/healthz')).toEqual([200, 'ok\n']);
  expect(await ask('/readyz')).toEqual([503, 'pods have not been listed yet\n']);
  unready = undefined;
  expect(await ask('/readyz?verbose')).toEqual([200, 'ok\n']);
  expect(await ask('/metrics')).toEqual([200, 'up 1\n']);
  expect((await ask('/'))[0]).toBe(404);
  server.close();
});
