// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { PromMetrics } from '../adapters/prom-metrics.ts';
import { clusterMetrics, publishClusters } from './cluster-metrics.ts';
import { Scene } from './testing/scene.ts';

const labels = 'cluster_namespace="default",shortlink_cluster="links"';

test('a cluster is published as its status says, and forgotten once it is gone', async () => {
  const scene = new Scene();
  await scene.want({ replicas: 3 });
  const cluster = await scene.settle();
  const prom = new PromMetrics();
  const metrics = prom.sink(clusterMetrics);
  publishClusters(metrics, [cluster], scene.double.clock.nowMs());
  const lines = (await prom.render()).split('\n');
  expect(lines).toContain(`shortlink_operator_cluster_condition{${labels},type="Ready"} 1`);
  expect(lines).toContain(`shortlink_operator_cluster_condition{${labels},type="Degraded"} 0`);
  for (const pods of ['wanted', 'present', 'ready'])
    expect(lines).toContain(`shortlink_operator_cluster_pods{${labels},pods="${pods}"} 3`);
  expect(lines).toContain(`shortlink_operator_cluster_nodes{${labels},state="ALIVE"} 3`);
  expect(lines).toContain(`shortlink_operator_cluster_nodes{${labels},state="DOWN"} 0`);
  expect(lines).toContain(`shortlink_operator_cluster_shards{${labels},leader="none"} 0`);
  expect(lines).toContain(`shortlink_operator_cluster_step_seconds{${labels}} 0`);
  expect(lines).toContain(`shortlink_operator_cluster_generation_lag{${labels}} 0`);
  publishClusters(metrics, [], 0);
  expect(await prom.render()).not.toContain(labels);
});

test('what takes long and what is not known shows', async () => {
  const scene = new Scene();
  await scene.want({ replicas: 3 });
  const { apiVersion, kind, metadata, spec } = await scene.cluster();
  const nowMs = Date.parse('2026-01-01T00:10:00Z');
  const status = {
    observedGeneration: 1,
    conditions: [{ type: 'RingBalanced', status: 'Unknown', lastTransitionTime: '', reason: '', message: '' }],
    nodes: [
      { id: 'a', state: 'DOWN' },
      { id: 'b', state: 'ELSEWHERE' },
    ],
    shards: [{ id: 1, leader: 'links-0' }, { id: 2 }],
    chunks: { total: 7, underReplicated: 2 },
    plan: { step: 'wait', since: '2026-01-01T00:00:00Z' },
  } as const;
  const prom = new PromMetrics();
  const cluster = { apiVersion, kind, metadata: { ...metadata, generation: 3 }, spec, status };
  publishClusters(prom.sink(clusterMetrics), [cluster], nowMs);
  const lines = (await prom.render()).split('\n');
  expect(lines).toContain(`shortlink_operator_cluster_condition{${labels},type="RingBalanced"} -1`);
  expect(lines).toContain(`shortlink_operator_cluster_nodes{${labels},state="DOWN"} 1`);
  expect(lines).toContain(`shortlink_operator_cluster_nodes{${labels},state="UNKNOWN"} 1`);
  expect(lines).toContain(`shortlink_operator_cluster_shards{${labels},leader="none"} 1`);
  expect(lines).toContain(`shortlink_operator_cluster_chunks{${labels},chunks="underReplicated"} 2`);
  expect(lines).toContain(`shortlink_operator_cluster_step_seconds{${labels}} 600`);
  expect(lines).toContain(`shortlink_operator_cluster_generation_lag{${labels}} 2`);
});
