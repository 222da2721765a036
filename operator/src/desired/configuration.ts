// SPDX-License-Identifier: Apache-2.0
import type { KubeObject } from '../ports/kube-api.ts';
import type { ClusterInput, Facts } from './cluster-input.ts';
import { head } from './metadata.ts';
import { initialReplicasAnnotation, objectNames } from './names.ts';
import { founderCount, nodeConfig } from './node-options.ts';
import { resources } from './resources.ts';

export interface ConfigMap extends KubeObject {
  readonly data: Readonly<Record<string, string>>;
}

export interface ServiceAccount extends KubeObject {
  readonly automountServiceAccountToken: boolean;
}

export interface Secret extends KubeObject {
  readonly type: string;
  readonly stringData: Readonly<Record<string, string>>;
}

/** What all nodes of the cluster read when they start, and how many of them found it. */
export function configMap(cluster: ClusterInput, facts: Facts): ConfigMap {
  return {
    ...head(cluster, resources.configMap, objectNames(cluster.name).config, {
      annotations: { [initialReplicasAnnotation]: String(founderCount(cluster, facts)) },
    }),
    data: { 'node.yaml': nodeConfig(cluster, facts) },
  };
}

/** How many pods found the cluster, as it was settled when this ConfigMap was made; undefined when it does not say. */
export function settledInitialReplicas(found: KubeObject | undefined): number | undefined {
  const text = found?.metadata.annotations?.[initialReplicasAnnotation] ?? '';
  return /^[1-9]\d?$/.test(text) ? Number(text) : undefined;
}

/** An account without rights: nodes know nothing of Kubernetes. */
export function serviceAccount(cluster: ClusterInput): ServiceAccount {
  return {
    ...head(cluster, resources.serviceAccount, objectNames(cluster.name).serviceAccount),
    automountServiceAccountToken: false,
  };
}

/** To be created once, where there is none: `token` is drawn then, and never again. */
export function adminTokenSecret(cluster: ClusterInput, token: string): Secret {
  return {
    ...head(cluster, resources.secret, objectNames(cluster.name).adminToken),
    type: 'Opaque',
    stringData: { token },
  };
}
