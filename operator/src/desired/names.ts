// SPDX-License-Identifier: Apache-2.0
import type { ClusterInput } from './cluster-input.ts';

type Identity = Pick<ClusterInput, 'name' | 'namespace'>;

export const clusterLabel = 'shortlink.dev/cluster';
const componentLabel = 'app.kubernetes.io/component';

/** On pods, by the operator: the zone of the machine, once they have one. */
export const zoneAnnotation = 'shortlink.dev/zone';
/** On pods, by the operator: `true` while the node must not run. */
export const fenceAnnotation = 'shortlink.dev/fenced';
/** On pods: what they were made of. */
export const podHashAnnotation = 'shortlink.dev/pod-hash';
/** On the Secret of the nodes' certificate: since when it has named the newest CA of its bundle, and since when its certificate is there. */
export const trustedSinceAnnotation = 'shortlink.dev/trusted-since';
export const issuedAtAnnotation = 'shortlink.dev/issued-at';
/** On the same Secret where cert-manager makes it: uid of the cluster for which it does. */
export const clusterUidAnnotation = 'shortlink.dev/cluster-uid';
/** On the ConfigMap: how many pods found the cluster. */
export const initialReplicasAnnotation = 'shortlink.dev/initial-replicas';
/** On what the operator applied: the digest of it. */
export const appliedAnnotation = 'shortlink.dev/applied';

/** Of a pod: the container that is the node. */
export const nodeContainer = 'node';

export const ports = { redirect: 8080, api: 8081, grpc: 8082, peer: 8083, ops: 9090 } as const;

/** Names of the objects of a cluster. Users and tests rely on them: they never change. */
export function objectNames(name: string) {
  return {
    statefulSet: name,
    disruptionBudget: name,
    nodesService: `${name}-nodes`,
    redirectService: `${name}-redirect`,
    apiService: `${name}-api`,
    config: `${name}-config`,
    serviceAccount: `${name}-nodes`,
    networkPolicy: `${name}-nodes`,
    podMonitor: `${name}-nodes`,
    adminToken: `${name}-admin-token`,
    /** Of the CA that the operator makes; no pod has it. */
    authority: `${name}-ca`,
    /** Of the certificate that the operator or cert-manager makes. */
    nodesTls: `${name}-nodes-tls`,
  } as const;
}

export function podName(name: string, ordinal: number): string {
  return `${name}-${ordinal}`;
}

export function claimName(name: string, ordinal: number): string {
  return `data-${podName(name, ordinal)}`;
}

/** The name under which a pod is found, from its start on, whether it is ready or not. */
export function podHost({ name, namespace }: Identity, pod: string): string {
  return `${pod}.${objectNames(name).nodesService}.${namespace}.svc`;
}

/** Chooses the pods of a cluster. The StatefulSet cannot change it, so it never changes. */
export function selector(name: string): Readonly<Record<string, string>> {
  return { [clusterLabel]: name, [componentLabel]: 'node' };
}

/** The same as `status.selector` and API requests want it. */
export function selectorText(name: string): string {
  return Object.entries(selector(name))
    .map(([label, value]) => `${label}=${value}`)
    .join(',');
}

/** Of every object of a cluster. */
export function objectLabels(name: string): Readonly<Record<string, string>> {
  return {
    ...selector(name),
    'app.kubernetes.io/name': 'shortlink',
    'app.kubernetes.io/instance': name,
    'app.kubernetes.io/managed-by': 'shortlink-operator',
  };
}
