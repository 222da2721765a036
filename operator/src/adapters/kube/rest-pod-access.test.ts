// SPDX-License-Identifier: Apache-2.0
import { KubeConfig } from '@kubernetes/client-node';
import { afterEach, expect, test } from 'vitest';
import { RecordingMetrics } from '../../runtime/testing/recorders.ts';
import { systemClock } from '../system-clock.ts';
import { connectKube } from './connect.ts';
import { json, startServer, type Answer, type ScriptedServer } from './testing/scripted-server.ts';

const never = new AbortController().signal;
const pod = { namespace: 'web', name: 'links-0' };
const options = { container: 'node', follow: false, previous: true, tailLines: 5 };

let server: ScriptedServer;
const closing: (() => void)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) close();
  await server.close();
});

async function serve(answer: Answer) {
  server = await startServer(answer);
  const config = new KubeConfig();
  config.loadFromClusterAndUser({ name: 'c', server: server.url, skipTLSVerify: true }, { name: 'u', token: 't' });
  const kube = connectKube({ config, clock: systemClock, metrics: new RecordingMetrics(), userAgent: 'test' });
  closing.push(kube.close);
  return kube.pods;
}

test('logs are read line by line, however they are cut, and may end without a newline', async () => {
  const pods = await serve((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/plain' });
    for (const part of ['first\nsec', 'ond Ã', '\n\nlast']) response.write(Buffer.from(part, 'latin1'));
    response.end();
  });
  const lines: string[] = [];
  for await (const line of pods.logs(pod, options, never)) lines.push(line);
  expect(lines).toEqual(['first', 'second \uFFFD', '', 'last']);
  const { url } = server.received[0] ?? { url: new URL('http://none') };
  expect(`${url.pathname}${url.search}`).toBe(
    '/api/v1/namespaces/web/pods/links-0/log?container=node&follow=false&previous=true&tailLines=5',
  );
});

test('a line without an end comes in pieces', async () => {
  const pods = await serve((_request, response) => {
    response.writeHead(200);
    response.end('x'.repeat(600_000));
  });
  const lengths: number[] = [];
  for await (const line of pods.logs(pod, options, never)) lengths.push(line.length);
  expect(Math.max(...lengths)).toBeLessThanOrEqual(256 * 1024);
  expect(lengths.reduce((sum, length) => sum + length, 0)).toBe(600_000);
});

test('what the API server refuses is an error', async () => {
  const message = 'container "node" in pod "links-0" is waiting to start';
  const pods = await serve((_request, response) =>
    json(response, 400, { kind: 'Status', status: 'Failure', message, reason: 'BadRequest', code: 400 }),
  );
  const read = async () => {
    for await (const line of pods.logs(pod, options, never)) throw new Error(line);
  };
  await expect(read()).rejects.toMatchObject({ name: 'KubeError', status: 400, message });
});

test('a port that the API server does not forward ends its connections', async () => {
  const pods = await serve((_request, response) => json(response, 403, {}));
  const stopping = new AbortController();
  const address = await pods.forward(pod, 8082, stopping.signal);
  await expect(fetch(`http://${address}/`)).rejects.toThrow();
  stopping.abort();
});
