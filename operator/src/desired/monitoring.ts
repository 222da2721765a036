// SPDX-License-Identifier: Apache-2.0
import type { KubeObject } from '../ports/kube-api.ts';
import type { ClusterInput, Fields, PodMonitorInput } from './cluster-input.ts';
import { head } from './metadata.ts';
import { clusterLabel, objectNames, selector } from './names.ts';
import { resources } from './resources.ts';

export interface PodMonitor extends KubeObject {
  readonly spec: Fields;
}

/** Tells the Prometheus operator of the pods. Each series gets the name of the cluster: alerts and dashboards go by it. */
export function podMonitor(cluster: ClusterInput, { labels, interval }: PodMonitorInput): PodMonitor {
  const label = `__meta_kubernetes_pod_label_${clusterLabel.replaceAll(/[^a-zA-Z0-9]/g, '_')}`;
  return {
    ...head(cluster, resources.podMonitor, objectNames(cluster.name).podMonitor, { labels }),
    spec: {
      selector: { matchLabels: selector(cluster.name) },
      podMetricsEndpoints: [
        {
          port: 'ops',
          path: '/metrics',
          interval,
          relabelings: [{ sourceLabels: [label], targetLabel: 'shortlink_cluster' }],
        },
      ],
    },
  };
}
