// SPDX-License-Identifier: Apache-2.0
import type { KubeApi, KubeObject, ObjectKey, Resource } from '../../../operator/src/ports/kube-api.ts';

const callTimeoutMs = 20_000;

export interface Pod extends KubeObject {
  readonly spec: { readonly nodeName?: string; readonly containers: readonly { readonly image: string }[] };
  readonly status?: {
    readonly phase?: string;
    readonly podIP?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
    readonly containerStatuses?: readonly { readonly restartCount: number }[];
  };
}

export interface Secret extends KubeObject {
  /** In base64. */
  readonly data?: Readonly<Record<string, string>>;
}

export interface Machine extends KubeObject {
  readonly spec?: { readonly unschedulable?: boolean };
  readonly status?: {
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
    readonly addresses?: readonly { readonly type: string; readonly address: string }[];
  };
}

export interface Claim extends KubeObject {
  readonly spec: { readonly storageClassName?: string };
  readonly status?: { readonly capacity?: { readonly storage?: string } };
}

/** Kinds that scenarios look at and make, with the types of their objects. */
export interface ResourceOf<T extends KubeObject> extends Resource {
  /** Never there: it only carries the type. */
  readonly sample?: T;
}

function namespaced<T extends KubeObject>(apiVersion: string, kind: string, plural: string): ResourceOf<T> {
  return { apiVersion, kind, plural, namespaced: true };
}

export const kinds = {
  pods: namespaced<Pod>('v1', 'Pod', 'pods'),
  claims: namespaced<Claim>('v1', 'PersistentVolumeClaim', 'persistentvolumeclaims'),
  secrets: namespaced<Secret>('v1', 'Secret', 'secrets'),
  services: namespaced<KubeObject>('v1', 'Service', 'services'),
  configMaps: namespaced<KubeObject>('v1', 'ConfigMap', 'configmaps'),
  events: namespaced<KubeObject>('events.k8s.io/v1', 'Event', 'events'),
  leases: namespaced<KubeObject>('coordination.k8s.io/v1', 'Lease', 'leases'),
  statefulSets: namespaced<KubeObject>('apps/v1', 'StatefulSet', 'statefulsets'),
  budgets: namespaced<KubeObject>('policy/v1', 'PodDisruptionBudget', 'poddisruptionbudgets'),
  namespaces: { apiVersion: 'v1', kind: 'Namespace', plural: 'namespaces', namespaced: false },
  machines: { apiVersion: 'v1', kind: 'Node', plural: 'nodes', namespaced: false } as ResourceOf<Machine>,
} as const;

export function isReady(object: Pod | Machine): boolean {
  return object.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true;
}

/** The Kubernetes API with the types of its objects, and a limit for each call. */
export class Objects {
  readonly kube: KubeApi;

  constructor(kube: KubeApi) {
    this.kube = kube;
  }

  async get<T extends KubeObject>(resource: ResourceOf<T>, key: ObjectKey): Promise<T | undefined> {
    return (await this.kube.get(resource, key, limit())) as T | undefined;
  }

  async list<T extends KubeObject>(
    resource: ResourceOf<T>,
    namespace?: string,
    labelSelector?: string,
  ): Promise<readonly T[]> {
    const { items } = await this.kube.list(resource, { namespace, labelSelector }, limit());
    return items as readonly T[];
  }

  async apply(resource: Resource, object: KubeObject): Promise<KubeObject> {
    return this.kube.apply(resource, object, { fieldManager: 'e2e', force: true }, limit());
  }

  async delete(resource: Resource, key: ObjectKey, gracePeriodSeconds?: number): Promise<boolean> {
    return this.kube.delete(resource, key, { gracePeriodSeconds, propagation: 'Background' }, limit());
  }

  async evict(pod: ObjectKey): Promise<void> {
    return this.kube.evict(pod, {}, limit());
  }
}

function limit(): AbortSignal {
  return AbortSignal.timeout(callTimeoutMs);
}
