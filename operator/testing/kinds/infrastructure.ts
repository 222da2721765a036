// SPDX-License-Identifier: Apache-2.0
import type { KubeObject } from '../../src/ports/kube-api.ts';
import type { JsonMap } from '../objects/json.ts';
import type { ResourceOf } from '../server/kind.ts';
import type { Condition } from './workloads.ts';

export interface Taint {
  readonly key: string;
  readonly value?: string;
  readonly effect: string;
  readonly timeAdded?: string;
}

export interface NodeObject extends KubeObject {
  readonly spec?: { readonly taints?: readonly Taint[]; readonly unschedulable?: boolean };
  readonly status?: { readonly conditions?: readonly Condition[] };
}

export interface StorageClass extends KubeObject {
  readonly provisioner: string;
  readonly allowVolumeExpansion?: boolean;
  readonly volumeBindingMode?: string;
  readonly reclaimPolicy?: string;
  /** `topologyKey`: the node label that a volume is tied to; `expansion`: `online` (default), `offline` or `fails`. */
  readonly parameters?: Readonly<Record<string, string>>;
}

export interface PersistentVolumeClaim extends KubeObject {
  readonly spec: {
    readonly accessModes?: readonly string[];
    readonly storageClassName?: string;
    readonly volumeMode?: string;
    readonly volumeName?: string;
    readonly resources?: { readonly requests?: { readonly storage?: string } };
  };
  readonly status?: {
    readonly phase?: string;
    readonly capacity?: { readonly storage?: string };
    readonly conditions?: readonly Condition[];
    readonly allocatedResourceStatuses?: JsonMap;
  };
}

export interface PersistentVolume extends KubeObject {
  readonly spec: {
    readonly capacity: { readonly storage: string };
    readonly claimRef?: { readonly namespace: string; readonly name: string; readonly uid: string };
    readonly persistentVolumeReclaimPolicy?: string;
    readonly storageClassName?: string;
    readonly nodeAffinity?: { readonly key: string; readonly value: string };
  };
  readonly status?: { readonly phase?: string };
}

export interface Namespace extends KubeObject {
  readonly spec?: { readonly finalizers?: readonly string[] };
  readonly status?: { readonly phase?: string };
}

export const nodes: ResourceOf<NodeObject> = { apiVersion: 'v1', kind: 'Node', plural: 'nodes', namespaced: false };

export const namespacesOf: ResourceOf<Namespace> = {
  apiVersion: 'v1',
  kind: 'Namespace',
  plural: 'namespaces',
  namespaced: false,
};

export const storageClasses: ResourceOf<StorageClass> = {
  apiVersion: 'storage.k8s.io/v1',
  kind: 'StorageClass',
  plural: 'storageclasses',
  namespaced: false,
};

export const claims: ResourceOf<PersistentVolumeClaim> = {
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  plural: 'persistentvolumeclaims',
  namespaced: true,
};

export const volumes: ResourceOf<PersistentVolume> = {
  apiVersion: 'v1',
  kind: 'PersistentVolume',
  plural: 'persistentvolumes',
  namespaced: false,
};

export const hostnameLabel = 'kubernetes.io/hostname';
export const zoneLabel = 'topology.kubernetes.io/zone';
