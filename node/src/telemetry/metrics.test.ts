// SPDX-License-Identifier: Apache-2.0
import type { MetricDefinition } from '@shortlink/common/metric-table.ts';
import { expect, test } from 'vitest';
import { LocalMetrics } from './local-metrics.ts';
import { MetricsHub } from './metrics-hub.ts';
import { nodeMetrics } from './metrics.ts';

const table: readonly (readonly [string, MetricDefinition])[] = Object.entries(nodeMetrics);

test('names follow the conventions of Prometheus and of the project', () => {
  for (const [name, { type }] of table) {
    expect(name).toMatch(/^shortlink_node_[a-z_]+$/);
    expect(name.endsWith('_total'), name).toBe(type === 'counter');
    if (type === 'histogram') expect(name).toMatch(/_(seconds|bytes|entries|commands|mutations|codes)$/);
  }
});

test('labels are closed lists, shards or nodes: never a code, a URL or a creator', () => {
  for (const [name, { labels = {} }] of table) {
    for (const [label, values] of Object.entries(labels)) {
      expect(label, name).toMatch(
        /^(shard|node|result|direction|queue|state|event|tier|consistency|transport|outcome|thread|quantile)$/,
      );
      if (typeof values === 'string') expect(['shard', 'node']).toContain(values);
      else expect(values.length).toBeLessThanOrEqual(24);
    }
  }
});

test('buckets rise', () => {
  for (const [name, definition] of table) {
    if (definition.type !== 'histogram') continue;
    expect(
      [...definition.buckets].sort((a, b) => a - b),
      name,
    ).toEqual(definition.buckets);
  }
});

test('threads are merged: counters and histograms add up, gauges as their table says', async () => {
  const main = new LocalMetrics();
  const hub = new MetricsHub(main);
  const worker = new LocalMetrics();
  main.add('shortlink_node_redirects_total', 2, { result: 'found' });
  worker.add('shortlink_node_redirects_total', 3, { result: 'found' });
  worker.add('shortlink_node_redirects_total', 1, { result: 'gone' });
  main.set('shortlink_node_raft_term', 4, { shard: 1 });
  worker.set('shortlink_node_raft_term', 5, { shard: 1 });
  main.set('shortlink_node_redirect_connections', 4);
  worker.set('shortlink_node_redirect_connections', 5);
  for (const value of [0.000_05, 0.002, 99]) worker.observe('shortlink_node_fsync_seconds', value);
  main.observe('shortlink_node_fsync_seconds', 0.002);
  hub.update('redirect-0', structuredClone(worker.snapshot()));
  const lines = (await hub.render()).split('\n');
  expect(lines).toContain('shortlink_node_redirects_total{result="found"} 5');
  expect(lines).toContain('shortlink_node_redirects_total{result="gone"} 1');
  expect(lines).toContain('shortlink_node_raft_term{shard="1"} 5');
  expect(lines).toContain('shortlink_node_redirect_connections 9');
  expect(lines).toContain('shortlink_node_fsync_seconds_bucket{le="0.0001"} 1');
  expect(lines).toContain('shortlink_node_fsync_seconds_bucket{le="0.0025"} 3');
  expect(lines).toContain('shortlink_node_fsync_seconds_bucket{le="+Inf"} 4');
  expect(lines).toContain('shortlink_node_fsync_seconds_count 4');
  expect(lines).toContain('# TYPE shortlink_node_fsync_seconds histogram');
  expect(lines.some((line) => line.startsWith('process_resident_memory_bytes'))).toBe(true);
  expect(lines.some((line) => line.startsWith('process_start_time_seconds'))).toBe(true);
});

test('when a thread ends its counters stay and its gauges go', async () => {
  const hub = new MetricsHub(new LocalMetrics());
  const worker = new LocalMetrics();
  worker.add('shortlink_node_redirects_total', 3, { result: 'found' });
  worker.set('shortlink_node_redirect_connections', 5);
  hub.update('redirect-0', worker.snapshot());
  hub.end('redirect-0');
  hub.update('redirect-0', []);
  const page = await hub.render();
  expect(page).toContain('shortlink_node_redirects_total{result="found"} 3');
  expect(page).not.toContain('shortlink_node_redirect_connections 5');
});

test('a removed gauge is no longer reported', () => {
  const metrics = new LocalMetrics();
  metrics.set('shortlink_node_raft_leader', 1, { shard: 1 });
  metrics.set('shortlink_node_raft_leader', 1, { shard: 2 });
  metrics.remove('shortlink_node_raft_leader', { shard: 1 });
  expect(metrics.snapshot()[0]?.values).toEqual([{ labels: { shard: 2 }, value: 1 }]);
});

test('counters and histograms begin at 0 where their labels are closed', async () => {
  const lines = (await new MetricsHub(new LocalMetrics()).render()).split('\n');
  expect(lines).toContain('shortlink_node_redirects_total{result="unavailable"} 0');
  expect(lines).toContain('shortlink_node_raft_snapshots_total{direction="sent",result="failed"} 0');
  expect(lines).toContain('shortlink_node_redirect_seconds_count 0');
  expect(lines.filter((line) => line.includes('shard='))).toEqual([]);
});

test('a value that was measured many times counts as often', () => {
  const metrics = new LocalMetrics();
  metrics.observeMany('shortlink_node_redirect_seconds', 0.002, 3);
  metrics.observe('shortlink_node_redirect_seconds', 0.5);
  const values = metrics.snapshot()[0]?.values ?? [];
  expect(values.find(({ labels }) => labels['le'] === 0.0025)?.value).toBe(3);
  expect(values.at(-2)?.value).toBeCloseTo(0.506);
  expect(values.at(-1)?.value).toBe(4);
});
