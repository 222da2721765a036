// SPDX-License-Identifier: Apache-2.0
import { disruptionProblem, shardName } from './disruption.ts';
import type { Intent } from './intent.ts';
import { podName } from '../desired/names.ts';
import { claimOf, isForgotten, isSuperseded, nodesNamed, ordinalOf, podOf } from './nodes-of-pods.ts';
import type { ClaimState, Observed, StoreNode, StoreState } from './observed.ts';
import type { Part, Step } from './step.ts';

/** What must stay free on the nodes that take over what another one held, as a share of it. */
const spareShare = 0.2;

/**
 * The highest ordinal leaves: its node is drained and forgotten by the cluster, then the StatefulSet shrinks by one. Nothing
 * begins that redundancy or space forbid, and each step can be taken back by setting the replicas back (`planCancel`).
 */
export function planScaleDown(observed: Observed, intent: Intent): Part {
  const { statefulSet, store } = observed;
  if (statefulSet === undefined || statefulSet.replicas <= intent.replicas) return { steps: [] };
  if (store === undefined) return { steps: [], waitingFor: 'a node that answers how the cluster is' };
  const ordinal = statefulSet.replicas - 1;
  const name = podName(intent.name, ordinal);
  const leaving = nodesNamed(observed, name);
  if (leaving.length === 0) return shrink(observed, intent, { store, ordinal });
  const staying = leaving.filter((node) => !node.isDraining);
  if (staying.length === 0) return { steps: [], waitingFor: leftOn(store, leaving) };
  const refusal = scaleDownRefusal(store, intent, staying);
  if (refusal !== undefined) return { steps: [], refusals: [refusal] };
  if (claimOf(observed, ordinal)?.nodeId === undefined)
    return { steps: [], waitingFor: `pod ${name} to be ready, so that it is certain whose data its volume holds` };
  const problem = disruptionProblem(observed, intent, ordinal);
  if (problem !== undefined) return { steps: [], waitingFor: `${problem}, before node ${name} is drained` };
  const reason = `spec.replicas is ${intent.replicas}, and pod ${name} is the highest of ${statefulSet.replicas}`;
  return { steps: staying.map(({ id }) => ({ action: { kind: 'removeNode', nodeId: id }, reason })) };
}

/**
 * Members without a pod, above all that are wanted: one that joined in the last moment before its pod went. They would be missed for
 * ever, so they leave as others do.
 */
export function planStrays(observed: Observed, intent: Intent): Part {
  const { statefulSet, store } = observed;
  if (statefulSet === undefined || store === undefined || !statefulSet.isObserved) return { steps: [] };
  const wanted = Math.max(statefulSet.replicas, intent.replicas);
  const strays = store.nodes.filter((node) => {
    const ordinal = ordinalOf(intent.name, node.name);
    return ordinal !== undefined && ordinal >= wanted && !node.isDraining && podOf(observed, ordinal) === undefined;
  });
  if (strays.length === 0) return { steps: [] };
  const refusal = scaleDownRefusal(store, intent, strays);
  if (refusal !== undefined) return { steps: [], refusals: [refusal] };
  const steps = strays.flatMap(({ id, name }): Step[] => {
    const claim = observed.claims.find((one) => one.ordinal === ordinalOf(intent.name, name));
    const reason = `node ${name} has no pod any more, and none is wanted`;
    const removal: Step = { action: { kind: 'removeNode', nodeId: id }, reason };
    if (claim === undefined || claim.nodeId !== undefined || claim.isDeleting) return [removal];
    // Whoever else has lived on that volume is no member any more. Later nobody could say that it is of no use.
    return [{ action: { kind: 'recordNode', claim: claim.name, nodeId: id }, reason }, removal];
  });
  return { steps };
}

/** A node is on its way out, or out while its pod is still there: that is finished before anything else goes. */
export function isLeaving(observed: Observed, { name, drainedPods }: Intent): boolean {
  const { statefulSet, store } = observed;
  if (statefulSet === undefined || store === undefined) return false;
  if (store.nodes.some((node) => node.isDraining)) return true;
  const highest = statefulSet.replicas - 1;
  return !drainedPods.includes(podName(name, highest)) && isForgotten(observed, name, highest);
}

/** Why the nodes must stay; undefined when they may go. */
function scaleDownRefusal(store: StoreState, { replicas }: Intent, leaving: readonly StoreNode[]): string | undefined {
  if (replicas < store.shardReplicas)
    return `spec.replicas ${replicas} is less than the ${store.shardReplicas} replicas of each shard: nothing would be left that can lose a node`;
  // Nodes of spec.drainedNodes have a pod and are no members.
  const left = stayingBeside(store, leaving).length;
  if (left < store.shardReplicas)
    return `with node ${namesOf(leaving)} gone, ${left} nodes would be left for the ${store.shardReplicas} replicas of each shard: take nodes out of spec.drainedNodes, or keep spec.replicas`;
  return spaceRefusal(store, leaving);
}

/** What the others lack to take over what these hold; undefined when nothing. */
export function spaceRefusal(store: StoreState, leaving: readonly StoreNode[]): string | undefined {
  const needed = leaving.reduce((sum, node) => sum + (node.chunkBytes ?? 0), 0) * (1 + spareShare);
  const free = stayingBeside(store, leaving).reduce((sum, node) => sum + (node.diskFreeBytes ?? 0), 0);
  if (needed <= free) return undefined;
  return `the chunks of ${namesOf(leaving)} need ${sizeText(needed)} elsewhere, and ${sizeText(free)} are free: make spec.storage.size larger`;
}

/** Members that stay when these are gone. */
export function stayingBeside({ nodes }: StoreState, leaving: readonly StoreNode[]): readonly StoreNode[] {
  return nodes.filter((node) => !node.isDraining && !leaving.includes(node));
}

function namesOf(nodes: readonly StoreNode[]): string {
  return nodes.map(({ name }) => name).join(', ');
}

/** Two digits: a text that changes with every byte would be written again with every heartbeat. */
function sizeText(bytes: number): string {
  const exponent = Math.min(4, Math.max(0, Math.floor(Math.log2(Math.max(1, bytes)) / 10)));
  const unit = ['B', 'KiB', 'MiB', 'GiB', 'TiB'][exponent] ?? 'B';
  return `${Number((bytes / 1024 ** exponent).toPrecision(2))} ${unit}`;
}

/** The proof that nothing is lost with the pod: the cluster has forgotten its node, and everything has its copies elsewhere. */
function shrink(
  observed: Observed,
  intent: Intent,
  { store, ordinal }: { readonly store: StoreState; readonly ordinal: number },
): Part {
  const name = podName(intent.name, ordinal);
  const { underReplicated } = store.chunks;
  if (underReplicated > 0) return { steps: [], waitingFor: `${underReplicated} chunks to have their copies elsewhere` };
  const problem = disruptionProblem(observed, intent, ordinal);
  if (problem !== undefined) return { steps: [], waitingFor: `${problem}, before pod ${name} goes` };
  const reason = `the cluster has forgotten node ${name}: every shard and every chunk has its copies elsewhere`;
  return { steps: [{ action: { kind: 'setReplicas', replicas: ordinal }, reason }] };
}

export function leftOn({ shards }: StoreState, leaving: readonly StoreNode[]): string {
  const held = shards.filter(({ replicas }) => replicas.some(({ nodeId }) => leaving.some(({ id }) => id === nodeId)));
  const chunks = leaving.reduce((sum, { chunksHeld }) => sum + (chunksHeld ?? 0), 0);
  const what = [
    ...held.slice(0, 3).map(({ id }) => shardName(id)),
    ...(held.length > 3 ? [`${held.length - 3} more`] : []),
  ];
  const names = [...new Set(leaving.map(({ name }) => name))].join(', ');
  const left = what.length > 0 ? what.join(', ') : chunks > 0 ? `${chunks} chunks` : 'its clients';
  return `node ${names} to hand over ${left}`;
}

/** Nodes that leave because others have come under their names. */
export function planDraining({ store }: Observed): Part {
  const draining = store?.nodes.filter((node) => node.isDraining) ?? [];
  if (store === undefined || draining.length === 0) return { steps: [] };
  return { steps: [], waitingFor: leftOn(store, draining) };
}

/** A node that is leaving and is wanted again. One that was replaced under its name goes on leaving. */
export function planCancel(observed: Observed, intent: Intent): Part {
  const steps = (observed.store?.nodes ?? []).flatMap((node): Step[] => {
    const ordinal = ordinalOf(intent.name, node.name);
    const isWanted = ordinal !== undefined && ordinal < intent.replicas && !intent.drainedPods.includes(node.name);
    if (!isWanted || !node.isDraining || isSuperseded(observed, node) || node.liveness !== 'alive') return [];
    const reason = `node ${node.name} is wanted again: spec.replicas is ${intent.replicas}, and spec.drainedNodes does not name it`;
    return [{ action: { kind: 'cancelRemoveNode', nodeId: node.id }, reason }];
  });
  return { steps };
}

/** Volumes above the replicas, whose nodes the cluster has forgotten (K-I8). One whose node was never seen is kept. */
export function planLeftVolumes(observed: Observed, intent: Intent): Part {
  const { statefulSet, store } = observed;
  if (statefulSet === undefined || store === undefined || !statefulSet.isObserved) return { steps: [] };
  const isLeft = (claim: ClaimState): boolean =>
    claim.ordinal >= Math.max(statefulSet.replicas, intent.replicas) &&
    !claim.isDeleting &&
    claim.nodeId !== undefined &&
    !observed.pods.some(({ ordinal }) => ordinal === claim.ordinal) &&
    !store.nodes.some(({ id, name }) => id === claim.nodeId || name === podName(intent.name, claim.ordinal));
  const steps = observed.claims.filter(isLeft).map((claim): Step => {
    const { name, uid, resourceVersion } = claim;
    const reason = `the cluster has forgotten the node whose data it holds, and pod ${podName(intent.name, claim.ordinal)} is gone`;
    return { action: { kind: 'deleteClaim', claim: name, version: { uid, resourceVersion } }, reason };
  });
  return { steps };
}
