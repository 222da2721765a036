// SPDX-License-Identifier: Apache-2.0
import { podName } from '../desired/names.ts';
import type { Intent } from './intent.ts';
import type { ClaimState, Observed, PodState, StoreNode } from './observed.ts';

/** Undefined for names that are not of this cluster's pods. */
export function ordinalOf(cluster: string, name: string): number | undefined {
  const digits = name.startsWith(`${cluster}-`) ? name.slice(cluster.length + 1) : '';
  return /^(?:0|[1-9]\d{0,5})$/.test(digits) ? Number(digits) : undefined;
}

export function podOf({ pods }: Observed, ordinal: number): PodState | undefined {
  return pods.find((pod) => pod.ordinal === ordinal);
}

export function claimOf({ claims }: Observed, ordinal: number): ClaimState | undefined {
  return claims.find((claim) => claim.ordinal === ordinal);
}

/** All that have this name: after the loss of a volume the old node has the name of the new one until it is forgotten. */
export function nodesNamed({ store }: Observed, name: string): readonly StoreNode[] {
  return store?.nodes.filter((node) => node.name === name) ?? [];
}

/** The node whose data the pod's volume holds: as its claim says, or the only one of its name that stays. */
export function nodeOf(observed: Observed, cluster: string, ordinal: number): StoreNode | undefined {
  const named = nodesNamed(observed, podName(cluster, ordinal));
  const recorded = claimOf(observed, ordinal)?.nodeId;
  const node = named.find(({ id }) => id === recorded);
  if (node !== undefined) return node;
  const staying = named.filter((one) => !one.isDraining);
  return staying.length === 1 ? staying[0] : undefined;
}

/** Another node has come under its name. */
export function isSuperseded(observed: Observed, node: StoreNode): boolean {
  return nodesNamed(observed, node.name).some((other) => other.id !== node.id && !other.isDraining);
}

/** The cluster does not know the node any more whose data the volume holds. */
export function isForgotten(observed: Observed, name: string, ordinal: number): boolean {
  const nodeId = claimOf(observed, ordinal)?.nodeId;
  const isKnown = nodesNamed(observed, podName(name, ordinal)).some(({ isDraining }) => !isDraining);
  return nodeId !== undefined && !isKnown && observed.store?.nodes.every(({ id }) => id !== nodeId) === true;
}

/** Its node is no member any more, as the spec wants, and the pod still there: it is not to be waited for. */
export function hasLeft(observed: Observed, { name, replicas, drainedPods }: Intent, ordinal: number): boolean {
  const isToLeave = ordinal >= replicas || drainedPods.includes(podName(name, ordinal));
  return isToLeave && isForgotten(observed, name, ordinal);
}

/** A pod that is not wanted any more and whose node never was a member, nor is: nobody has to wait for it. */
export function neverJoined(observed: Observed, { name, replicas }: Intent, ordinal: number): boolean {
  return (
    ordinal >= replicas && observed.store !== undefined && nodesNamed(observed, podName(name, ordinal)).length === 0
  );
}
