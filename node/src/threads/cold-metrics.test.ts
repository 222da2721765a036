// SPDX-License-Identifier: Apache-2.0
import { Writable } from 'node:stream';
import { pino } from 'pino';
import { expect, it } from 'vitest';
import { LocalMetrics } from '../telemetry/local-metrics.ts';
import { meteredReads } from './cold-metrics.ts';

function newMeters() {
  const lines: string[] = [];
  const log = new Writable({ write: (line: Buffer, _encoding, done) => (lines.push(String(line)), done()) });
  const metrics = new LocalMetrics();
  const valueOf = (name: string): number | undefined =>
    metrics.snapshot().find((metric) => metric.name === name)?.values[0]?.value;
  return { meters: meteredReads(metrics, pino(log)), valueOf, lines };
}

it('shows what the disk cache holds, that it is off and why, and that it is on again', () => {
  const { meters, valueOf, lines } = newMeters();
  expect(valueOf('shortlink_node_chunk_cache_off')).toBe(0);
  meters.diskCache.holds(4096);
  expect(valueOf('shortlink_node_chunk_cache_bytes')).toBe(4096);
  meters.diskCache.switchedOff('full');
  expect(valueOf('shortlink_node_chunk_cache_off')).toBe(1);
  expect(lines.join('')).toContain('"problem":"full"');
  meters.diskCache.switchedOff(undefined);
  expect(valueOf('shortlink_node_chunk_cache_off')).toBe(0);
  expect(lines).toHaveLength(1);
});

it('counts damaged parts, and objects that are missing, which it logs', () => {
  const { meters, valueOf, lines } = newMeters();
  meters.diskCache.damaged();
  meters.diskCache.damaged();
  meters.onMissing('object x is not in the store');
  expect(valueOf('shortlink_node_chunk_cache_damaged_total')).toBe(2);
  expect(valueOf('shortlink_node_chunk_missing_total')).toBe(1);
  expect(lines.join('')).toContain('object x is not in the store, although the chunk set names it');
});
