// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Fence, waitWhileFenced } from './fence.ts';
import { LocalMetrics } from './telemetry/local-metrics.ts';
import { MetricsHub } from './telemetry/metrics-hub.ts';

const logger = pino({ level: 'silent' });
const port = 21_000 + (process.pid % 10_000);
let folder: string;
let path: string;
let fence: Fence;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fence-'));
  path = join(folder, 'fenced');
});
afterEach(() => {
  fence.stop();
  rmSync(folder, { recursive: true, force: true });
});

function node(stop: Promise<void> = new Promise(() => {})) {
  const metrics = new MetricsHub(new LocalMetrics());
  return waitWhileFenced({ fence, ops: { host: '127.0.0.1', port }, metrics, logger, stop });
}

test('a node without a fence does not wait', async () => {
  for (const text of ['', 'false', '\n']) {
    writeFileSync(path, text);
    fence = new Fence(path, logger, 1);
    expect(await node()).toBe(true);
    fence.stop();
  }
  fence = new Fence('', logger);
  expect(await node()).toBe(true);
});

test('a fenced node waits, is alive and not ready, and goes on when it may', async () => {
  writeFileSync(path, 'true\n');
  fence = new Fence(path, logger, 1);
  const waiting = node();
  const ask = async (page: string) => fetch(`http://127.0.0.1:${port}${page}`);
  expect((await vi.waitUntil(async () => ask('/livez').catch(() => undefined))).status).toBe(200);
  const ready = await ask('/readyz');
  expect([ready.status, await ready.text()]).toEqual([503, expect.stringContaining('fence')]);
  writeFileSync(path, '');
  expect(await waiting).toBe(true);
  await expect(ask('/livez')).rejects.toThrow('fetch failed');
});

test('a fenced node that is told to end ends', async () => {
  writeFileSync(path, 'true');
  fence = new Fence(path, logger, 1);
  expect(await node(Promise.resolve())).toBe(false);
});

test('a fence that is raised later is told', async () => {
  fence = new Fence(path, logger, 1);
  const raised = fence.until(true);
  writeFileSync(path, 'true');
  await raised;
  expect(fence.isRaised).toBe(true);
});
