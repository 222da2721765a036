// SPDX-License-Identifier: Apache-2.0
import { defined } from '@shortlink/common/assert.ts';
import { quantityBytes } from '../crd/quantity.ts';
import { fenceAnnotation, nodeContainer, podHashAnnotation, zoneAnnotation } from '../desired/names.ts';
import { ordinalOf } from '../plan/nodes-of-pods.ts';
import type { ClaimState, KubeNodeState, Observed, PodState, StatefulSetState, StoreState } from '../plan/observed.ts';
import type { KubeObject } from '../ports/kube-api.ts';
import type {
  ClaimObject,
  ContainerStatusView,
  MachineObject,
  PodObject,
  StatefulSetObject,
  StorageClassObject,
} from './kube-views.ts';
import { isTrue } from './kube-views.ts';

/** On claims: the node whose data the volume holds. */
export const nodeIdAnnotation = 'shortlink.dev/node-id';

/** What the caches show of a cluster. */
export interface CachedObjects {
  readonly statefulSet: StatefulSetObject | undefined;
  readonly pods: readonly PodObject[];
  readonly claims: readonly ClaimObject[];
  readonly machines: readonly MachineObject[];
  readonly storageClasses: readonly StorageClassObject[];
}

export interface ObserveInput {
  readonly cluster: { readonly name: string; readonly uid: string };
  readonly cached: CachedObjects;
  readonly outdatedObjects: readonly string[];
  readonly strayObjects: Observed['strayObjects'];
  readonly certificates: Observed['certificates'];
  readonly store: StoreState | undefined;
  /** What nodes say that they wait for, by the names of their pods. */
  readonly waits: ReadonlyMap<string, string>;
  readonly zoneLabel: string;
  readonly nowMs: number;
}

/** The caches in the planner's terms. */
export function observe({ cluster, cached, store, waits, zoneLabel, ...rest }: ObserveInput): Observed {
  const { statefulSet, pods, claims, machines, storageClasses } = cached;
  return {
    ...rest,
    statefulSet: statefulSet === undefined ? undefined : statefulSetState(statefulSet),
    pods: pods.flatMap((pod) => podState(cluster.name, pod, waits) ?? []),
    claims: claims.flatMap((claim) => claimState(cluster, claim, storageClasses) ?? []),
    kubeNodes: machines.map((machine) => machineState(machine, zoneLabel)),
    store,
  };
}

function versionOf({ metadata }: KubeObject): { readonly uid: string; readonly resourceVersion: string } {
  const { uid, resourceVersion } = metadata;
  return {
    uid: defined(uid, 'uid of an object of the cache'),
    resourceVersion: defined(resourceVersion, 'its version'),
  };
}

function statefulSetState(set: StatefulSetObject): StatefulSetState {
  const storage = set.spec?.volumeClaimTemplates?.[0]?.spec?.resources?.requests?.storage;
  return {
    ...versionOf(set),
    replicas: set.spec?.replicas ?? 1,
    isObserved: (set.status?.observedGeneration ?? 0) >= (set.metadata.generation ?? 0),
    claimBytes: bytesOf(storage) ?? 0,
  };
}

/** Undefined for what is not the pod of an ordinal. */
function podState(cluster: string, pod: PodObject, waits: ObserveInput['waits']): PodState | undefined {
  const { name, annotations, deletionTimestamp } = pod.metadata;
  const ordinal = ordinalOf(cluster, name);
  if (ordinal === undefined) return undefined;
  const isDeleting = deletionTimestamp !== undefined;
  const isFenced = annotations?.[fenceAnnotation] === 'true';
  return {
    ...versionOf(pod),
    name,
    ordinal,
    templateHash: annotations?.[podHashAnnotation] ?? '',
    isReady: !isDeleting && isTrue(pod.status?.conditions, 'Ready'),
    isDeleting,
    kubeNode: pod.spec?.nodeName,
    zone: annotations?.[zoneAnnotation],
    isFenced,
    isStopped: isStopped(pod),
    problem: isFenced ? 'it is fenced' : podProblem(pod),
    waitsFor: waits.get(name),
  };
}

/** Others beside it may have troubles of their own. */
function isStopped({ status }: PodObject): boolean {
  const { initContainerStatuses = [], containerStatuses = [] } = status ?? {};
  const node = containerStatuses.find(({ name }) => name === nodeContainer);
  return (node !== undefined && containerProblem(node) !== undefined) || initContainerStatuses.some(hasFailed);
}

function hasFailed(container: ContainerStatusView): boolean {
  return container.state?.terminated?.exitCode !== 0 && containerProblem(container) !== undefined;
}

/** How every pod begins. */
const unhurried: ReadonlySet<string> = new Set(['ContainerCreating', 'PodInitializing']);

/** What keeps it from running, as the scheduler and the kubelet say. */
export function podProblem({ status }: PodObject): string | undefined {
  const failed = status?.initContainerStatuses?.find(hasFailed);
  if (failed !== undefined) return `${failed.name}: ${containerProblem(failed) ?? ''}`;
  for (const container of status?.containerStatuses ?? []) {
    const problem = containerProblem(container);
    if (problem !== undefined) return problem;
  }
  const scheduled = status?.conditions?.find(({ type }) => type === 'PodScheduled');
  return scheduled?.status === 'False'
    ? `${scheduled.reason ?? 'not scheduled'}: ${scheduled.message ?? ''}`
    : undefined;
}

function containerProblem({ state }: ContainerStatusView): string | undefined {
  const { waiting, terminated } = state ?? {};
  if (waiting?.reason !== undefined && !unhurried.has(waiting.reason))
    return waiting.message === undefined ? waiting.reason : `${waiting.reason}: ${waiting.message}`;
  return terminated?.reason === undefined ? undefined : `${terminated.reason}, exit code ${terminated.exitCode ?? 0}`;
}

function claimState(
  { name: cluster, uid: clusterUid }: ObserveInput['cluster'],
  claim: ClaimObject,
  classes: readonly StorageClassObject[],
): ClaimState | undefined {
  const { name, annotations, deletionTimestamp } = claim.metadata;
  const ordinal = name.startsWith('data-') ? ordinalOf(cluster, name.slice('data-'.length)) : undefined;
  if (ordinal === undefined) return undefined;
  const storageClass = classes.find(({ metadata }) => metadata.name === claim.spec?.storageClassName);
  const resizing = claim.status?.conditions?.find(({ type, status }) => /Resiz/.test(type) && status === 'True');
  return {
    ...versionOf(claim),
    name,
    ordinal,
    requestedBytes: bytesOf(claim.spec?.resources?.requests?.storage) ?? 0,
    capacityBytes: claim.status?.phase === 'Bound' ? bytesOf(claim.status.capacity?.storage) : undefined,
    canGrow: storageClass === undefined ? undefined : storageClass.allowVolumeExpansion === true,
    isLost: claim.status?.phase === 'Lost',
    isDeleting: deletionTimestamp !== undefined,
    nodeId: annotations?.[nodeIdAnnotation],
    goesWithCluster: claim.metadata.ownerReferences?.some(({ uid }) => uid === clusterUid) === true,
    resizeProblem: resizing?.message ?? resizing?.type,
  };
}

function machineState(machine: MachineObject, zoneLabel: string): KubeNodeState {
  const { name, labels } = machine.metadata;
  return { name, isReady: isTrue(machine.status?.conditions, 'Ready'), zone: labels?.[zoneLabel] };
}

function bytesOf(quantity: string | undefined): number | undefined {
  return quantity === undefined ? undefined : quantityBytes(quantity);
}
