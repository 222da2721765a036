// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, expect, test } from 'vitest';
import { LocalMetrics } from '../telemetry/local-metrics.ts';
import { MetricsHub } from '../telemetry/metrics-hub.ts';
import { OpsServer } from './ops-server.ts';
import type { Readiness } from './ops-server.ts';

let readiness: Readiness;
let live: boolean;
let started: boolean;
let metrics: LocalMetrics;
let server: OpsServer;
let origin: string;

beforeEach(async () => {
  readiness = { ready: true, waitingFor: undefined, writable: true };
  live = true;
  started = true;
  metrics = new LocalMetrics();
  server = new OpsServer({
    readiness: () => readiness,
    isStarted: () => started,
    isLive: () => live,
    metrics: new MetricsHub(metrics),
    onError: (error) => expect.fail(String(error)),
  });
  const { port } = await server.listen({ host: '127.0.0.1', port: 0 });
  server.open();
  origin = `http://127.0.0.1:${port}`;
});
afterEach(async () => {
  await server.close();
});

async function get(path: string) {
  const response = await fetch(origin + path);
  return { status: response.status, text: await response.text(), type: response.headers.get('content-type') };
}

test('a node that can answer redirects is ready, also when it cannot write', async () => {
  expect(await get('/readyz')).toMatchObject({
    status: 200,
    text: '{"ready":true,"waitingFor":null,"writable":true}\n',
  });
  readiness = { ready: true, waitingFor: undefined, writable: false };
  expect(await get('/readyz')).toMatchObject({
    status: 200,
    text: '{"ready":true,"waitingFor":null,"writable":false}\n',
  });
});

test('a node that waits says for what', async () => {
  readiness = { ready: false, waitingFor: 'node-2 and node-3', writable: false };
  expect(await get('/readyz')).toMatchObject({
    status: 503,
    text: '{"ready":false,"waitingFor":"node-2 and node-3","writable":false}\n',
  });
});

test('a node that is opening its store is not started, whatever else it is', async () => {
  started = false;
  live = false;
  expect(await get('/startupz')).toMatchObject({ status: 503, text: 'starting\n' });
  started = true;
  expect(await get('/startupz')).toMatchObject({ status: 200, text: 'ok\n' });
});

test('a node whose listeners are not open yet is not ready', async () => {
  const early = new OpsServer({
    readiness: () => readiness,
    isStarted: () => true,
    isLive: () => true,
    metrics: new MetricsHub(metrics),
    onError: (error) => expect.fail(String(error)),
  });
  const { port } = await early.listen({ host: '127.0.0.1', port: 0 });
  const ask = async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).text();
  expect(await ask()).toBe('{"ready":false,"waitingFor":"its listeners to open","writable":false}\n');
  early.open();
  expect(await ask()).toBe('{"ready":true,"waitingFor":null,"writable":true}\n');
  await early.close();
});

test('a drain takes the readiness away and leaves the pages', async () => {
  await server.drain();
  expect((await get('/readyz')).text).toBe(
    '{"ready":false,"waitingFor":"the node is shutting down","writable":false}\n',
  );
  expect((await get('/livez')).status).toBe(200);
});

test('life is told apart from readiness', async () => {
  readiness = { ready: false, waitingFor: 'x', writable: false };
  expect((await get('/livez')).status).toBe(200);
  live = false;
  expect((await get('/livez')).status).toBe(503);
});

test('metrics are served in the format of Prometheus', async () => {
  metrics.add('shortlink_node_redirects_total', 3, { result: 'found' });
  const { text, type } = await get('/metrics');
  expect(type).toMatch(/^text\/plain; version=0\.0\.4/);
  expect(text).toContain('shortlink_node_redirects_total{result="found"} 3\n');
});

test('there is nothing else, and nothing can be changed', async () => {
  expect((await get('/')).status).toBe(404);
  expect((await fetch(`${origin}/readyz`, { method: 'POST', body: 'x' })).status).toBe(405);
  expect((await fetch(`${origin}/readyz`, { method: 'HEAD' })).status).toBe(200);
});
