// SPDX-License-Identifier: Apache-2.0
import type { KubeObject } from '../ports/kube-api.ts';
import type { ClusterInput, Fields } from './cluster-input.ts';
import { head } from './metadata.ts';
import { objectNames, ports, selector } from './names.ts';
import { resources } from './resources.ts';

export interface Policy extends KubeObject {
  readonly spec: Fields;
}

/**
 * One pod at a time may be drained away. Pods that are not ready may always be: they hold nobody up, and a drain must not
 * wait for them.
 */
export function disruptionBudget(cluster: ClusterInput): Policy {
  return {
    ...head(cluster, resources.disruptionBudget, objectNames(cluster.name).disruptionBudget),
    spec: {
      maxUnavailable: 1,
      unhealthyPodEvictionPolicy: 'AlwaysAllow',
      selector: { matchLabels: selector(cluster.name) },
    },
  };
}

/**
 * Only nodes reach the ports of nodes; the APIs have their tokens, and redirects are for everybody. Probes and metrics are
 * for the cluster of Kubernetes: what comes from outside has no namespace.
 */
export function networkPolicy(cluster: ClusterInput): Policy {
  const own = { matchLabels: selector(cluster.name) };
  return {
    ...head(cluster, resources.networkPolicy, objectNames(cluster.name).networkPolicy),
    spec: {
      podSelector: own,
      policyTypes: ['Ingress'],
      ingress: [
        { ports: [tcp(ports.redirect), tcp(ports.api), tcp(ports.grpc)] },
        { ports: [tcp(ports.peer)], from: [{ podSelector: own }] },
        { ports: [tcp(ports.ops)], from: [{ namespaceSelector: {} }] },
      ],
    },
  };
}

function tcp(port: number): Fields {
  return { protocol: 'TCP', port };
}
