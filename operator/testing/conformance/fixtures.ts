// SPDX-License-Identifier: Apache-2.0
import type { KubeObject, OwnerReference, Resource } from '../../src/ports/kube-api.ts';
import type { ResourceOf } from '../server/kind.ts';
import type { StatefulSet } from '../kinds/workloads.ts';
import { type ScenarioTools, gate } from './scenario-tools.ts';

export interface ConfigMap extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
}

export const configMaps: ResourceOf<ConfigMap> = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  plural: 'configmaps',
  namespaced: true,
};

export function configMap(name: string, metadata: Partial<KubeObject['metadata']> = {}, data = {}): ConfigMap {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, ...metadata }, data };
}

export function ownedBy(resource: Resource, owner: KubeObject, isBlocking = true): OwnerReference {
  const { name, uid } = owner.metadata;
  return {
    apiVersion: resource.apiVersion,
    kind: resource.kind,
    name,
    uid: uid ?? '',
    blockOwnerDeletion: isBlocking,
  };
}

export const labels = { app: 'web' };

/** Three pods that are ready when the scenario opens their gates; `spec` replaces fields of its spec. */
export function statefulSet(
  tools: ScenarioTools,
  spec: Partial<StatefulSet['spec']> = {},
  how: { readonly version?: string; readonly image?: string } = {},
): StatefulSet {
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: 'web' },
    spec: {
      replicas: 3,
      serviceName: 'web-nodes',
      selector: { matchLabels: labels },
      template: {
        metadata: { labels, annotations: { version: how.version ?? '1' } },
        spec: {
          containers: [{ name: 'main', image: how.image ?? tools.target.image }],
          readinessGates: [{ conditionType: gate }],
          terminationGracePeriodSeconds: 1,
        },
      },
      ...spec,
    },
  };
}

/** A claim template as the operator makes them. */
export const claimTemplates = [
  {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: 'data' },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '64Mi' } } },
  },
];
