// SPDX-License-Identifier: Apache-2.0
import type { MetricTable } from '@shortlink/common/metric-table.ts';
import type { ShortLinkCluster } from '../crd/shortlink-cluster.gen.ts';
import type { MetricsSink } from '../ports/metrics.ts';

// Not `namespace`: Prometheus gives that label to what it scraped, which is the operator.
const ofCluster = { cluster_namespace: 'cluster', shortlink_cluster: 'cluster' } as const;
const nodeStates = ['ALIVE', 'SUSPECT', 'DOWN', 'OUT', 'DRAINING', 'FENCED', 'UNKNOWN'] as const;

/** What the statuses of the clusters say, for dashboards and alerts. Each process of the operator has all of them. */
export const clusterMetrics = {
  shortlink_operator_cluster_condition: {
    type: 'gauge',
    merge: 'max',
    labels: { ...ofCluster, type: 'fixed' },
    help: 'Conditions of the cluster. 1: True, 0: False, -1: Unknown.',
  },
  shortlink_operator_cluster_pods: {
    type: 'gauge',
    merge: 'max',
    labels: { ...ofCluster, pods: ['wanted', 'present', 'ready'] },
    help: 'Pods of the cluster: as many as spec.replicas wants, as there are, and as are ready.',
  },
  shortlink_operator_cluster_nodes: {
    type: 'gauge',
    merge: 'max',
    labels: { ...ofCluster, state: nodeStates },
    help: 'Members of the cluster by their state in the status. UNKNOWN: any other.',
  },
  shortlink_operator_cluster_shards: {
    type: 'gauge',
    merge: 'max',
    labels: { ...ofCluster, leader: ['known', 'none'] },
    help: 'Shards of the cluster by whether a node leads them, without the meta group.',
  },
  shortlink_operator_cluster_chunks: {
    type: 'gauge',
    merge: 'max',
    labels: { ...ofCluster, chunks: ['total', 'underReplicated'] },
    help: 'Chunks of the cluster, and those of them with fewer copies than spec.chunks.redundancy.',
  },
  shortlink_operator_cluster_step_seconds: {
    type: 'gauge',
    merge: 'max',
    labels: ofCluster,
    help: 'How long the plan of the cluster has been at its present step; 0 while there is nothing to do.',
  },
  shortlink_operator_cluster_generation_lag: {
    type: 'gauge',
    merge: 'max',
    labels: ofCluster,
    help: 'Changes of the specification that the status is not about yet.',
  },
} as const satisfies MetricTable;

export type ClusterMetrics = MetricsSink<typeof clusterMetrics>;

const gauges = Object.keys(clusterMetrics) as (keyof typeof clusterMetrics)[];

/** Says how all clusters are, and nothing of those that are gone; before each scrape. */
export function publishClusters(metrics: ClusterMetrics, clusters: readonly ShortLinkCluster[], nowMs: number): void {
  for (const gauge of gauges) metrics.clear(gauge);
  for (const cluster of clusters) publishCluster(metrics, cluster, nowMs);
}

const conditionValues = { True: 1, False: 0, Unknown: -1 } as const;

function publishCluster(metrics: ClusterMetrics, { metadata, spec, status = {} }: ShortLinkCluster, nowMs: number) {
  const labels = { cluster_namespace: metadata.namespace ?? '', shortlink_cluster: metadata.name };
  for (const { type, status: value } of status.conditions ?? [])
    metrics.set('shortlink_operator_cluster_condition', conditionValues[value], { ...labels, type });
  const pods = { wanted: spec.replicas, present: status.replicas ?? 0, ready: status.readyReplicas ?? 0 };
  for (const kind of ['wanted', 'present', 'ready'] as const)
    metrics.set('shortlink_operator_cluster_pods', pods[kind], { ...labels, pods: kind });
  const states = (status.nodes ?? []).map(({ state }) => nodeStates.find((known) => known === state) ?? 'UNKNOWN');
  for (const state of nodeStates) {
    const count = states.filter((one) => one === state).length;
    metrics.set('shortlink_operator_cluster_nodes', count, { ...labels, state });
  }
  const led = (status.shards ?? []).map(({ leader }) => (leader === undefined ? 'none' : 'known'));
  for (const leader of ['known', 'none'] as const) {
    const count = led.filter((one) => one === leader).length;
    metrics.set('shortlink_operator_cluster_shards', count, { ...labels, leader });
  }
  const { total = 0, underReplicated = 0 } = status.chunks ?? {};
  metrics.set('shortlink_operator_cluster_chunks', total, { ...labels, chunks: 'total' });
  metrics.set('shortlink_operator_cluster_chunks', underReplicated, { ...labels, chunks: 'underReplicated' });
  const sinceMs = Date.parse(status.plan?.since ?? '');
  const stepMs = Number.isNaN(sinceMs) ? 0 : Math.max(0, nowMs - sinceMs);
  metrics.set('shortlink_operator_cluster_step_seconds', stepMs / 1000, labels);
  const lag = Math.max(0, (metadata.generation ?? 0) - (status.observedGeneration ?? 0));
  metrics.set('shortlink_operator_cluster_generation_lag', lag, labels);
}
