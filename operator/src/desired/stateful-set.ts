// SPDX-License-Identifier: Apache-2.0
import type { KubeObject } from '../ports/kube-api.ts';
import type { ClusterInput, Facts, Fields } from './cluster-input.ts';
import { head } from './metadata.ts';
import { objectNames, selector } from './names.ts';
import { podTemplate, type PodTemplate } from './pod-template.ts';
import { resources } from './resources.ts';
import { claimTemplateName } from './volumes.ts';

export interface StatefulSet extends KubeObject {
  readonly spec: {
    readonly replicas: number;
    readonly serviceName: string;
    readonly podManagementPolicy: 'Parallel';
    readonly updateStrategy: { readonly type: 'OnDelete' };
    readonly persistentVolumeClaimRetentionPolicy: Readonly<Record<'whenDeleted' | 'whenScaled', 'Retain'>>;
    readonly selector: { readonly matchLabels: Readonly<Record<string, string>> };
    readonly template: PodTemplate;
    readonly volumeClaimTemplates: readonly Fields[];
  };
}

/**
 * The pods with their volumes. Parallel, since a quorum cannot wait for pod 0 alone; OnDelete, since the operator takes
 * pods in its own order; Retain, since only the operator knows when a volume is of no use any more.
 */
export function statefulSet(cluster: ClusterInput, facts: Facts): StatefulSet {
  const { name, storage, suspend } = cluster;
  const names = objectNames(name);
  return {
    ...head(cluster, resources.statefulSet, names.statefulSet),
    spec: {
      replicas: suspend ? 0 : facts.replicas,
      serviceName: names.nodesService,
      podManagementPolicy: 'Parallel',
      updateStrategy: { type: 'OnDelete' },
      persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
      selector: { matchLabels: selector(name) },
      template: podTemplate(cluster, facts),
      volumeClaimTemplates: [
        {
          metadata: { name: claimTemplateName, labels: selector(name) },
          spec: {
            accessModes: ['ReadWriteOnce'],
            resources: { requests: { storage: facts.claimSize ?? storage.size } },
            ...(storage.storageClassName === undefined ? {} : { storageClassName: storage.storageClassName }),
          },
        },
      ],
    },
  };
}
