// SPDX-License-Identifier: Apache-2.0
import { disruptionProblem, isOfNoUse, readinessOf, shardName } from './disruption.ts';
import type { Intent } from './intent.ts';
import { hasLeft, nodeOf } from './nodes-of-pods.ts';
import type { Observed, PodState, StoreNode, StoreShard, StoreState } from './observed.ts';
import type { Part, Step } from './step.ts';

/**
 * Replaces pods of an older template, one at a time, the leader of the meta group last. A pod that is not ready goes first: it
 * serves nobody, and may be what a bad template left behind. One that is fenced stays as it is, for somebody looks at it.
 */
export function planRollout(observed: Observed, intent: Intent): Part {
  const outdated = outdatedPods(observed, intent).filter((pod) => !isFenced(pod, intent));
  const going = outdated.find((pod) => pod.isDeleting);
  if (going !== undefined) return { steps: [], waitingFor: `pod ${going.name} to end` };
  const [next] = outdated.toSorted(
    (a, b) => rank(observed, intent, a) - rank(observed, intent, b) || b.ordinal - a.ordinal,
  );
  if (next === undefined) return unreadyPart(observed, intent);
  const isCure = isOfNoUse(observed, intent, next) && !isSuspect(observed, intent);
  const problem = isCure ? undefined : disruptionProblem(observed, intent, next.ordinal);
  if (problem !== undefined) return { steps: [], waitingFor: `${problem}, before pod ${next.name} is replaced` };
  return { steps: replacePod(observed, intent, next) };
}

/** One whose node has left begins anew when it is wanted again. */
export function outdatedPods(observed: Observed, intent: Intent): readonly PodState[] {
  return observed.pods.filter(
    (pod) => pod.templateHash !== intent.templateHash && !hasLeft(observed, intent, pod.ordinal),
  );
}

/** The new template may be what is wrong: it does not get a second pod. */
function isSuspect({ pods }: Observed, { templateHash }: Intent): boolean {
  return pods.some((pod) => pod.templateHash === templateHash && pod.isStopped && !pod.isReady && !pod.isFenced);
}

function isFenced({ name, isFenced: wasTold }: PodState, { fencedPods }: Intent): boolean {
  return wasTold || fencedPods.includes(name);
}

/** The last pod of a rollout is awaited like all before it. */
function unreadyPart(observed: Observed, intent: Intent): Part {
  const unready = observed.pods.find((pod) => !pod.isReady && !hasLeft(observed, intent, pod.ordinal));
  return unready === undefined ? { steps: [] } : { steps: [], waitingFor: readinessOf(unready) };
}

function rank(observed: Observed, { name }: Intent, pod: PodState): number {
  if (!pod.isReady) return -1;
  const node = nodeOf(observed, name, pod.ordinal);
  const led = observed.store?.shards.filter(({ leaderNodeId }) => leaderNodeId === node?.id) ?? [];
  return led.some(({ id }) => id === 0) ? Number.MAX_SAFE_INTEGER : led.length;
}

function replacePod(observed: Observed, intent: Intent, pod: PodState): Step[] {
  const node = nodeOf(observed, intent.name, pod.ordinal);
  const reason = `pod ${pod.name} was made from an older template`;
  const { uid, resourceVersion } = pod;
  const deletion: Step = { action: { kind: 'deletePod', pod: pod.name, version: { uid, resourceVersion } }, reason };
  if (node === undefined || observed.store === undefined) return [deletion];
  const hold: Step[] = node.isHeld
    ? []
    : [{ action: { kind: 'holdNode', nodeId: node.id }, reason: `${reason}: its absence is planned` }];
  return [...hold, ...handOver(observed.store, node), deletion];
}

/** Leaderships go while the node is still there, so that nobody waits for an election. */
function handOver(store: StoreState, node: StoreNode): Step[] {
  return store.shards.flatMap((shard) => {
    if (shard.leaderNodeId !== node.id) return [];
    const to = successor(store, shard, node);
    if (to === undefined) return [];
    const reason = `${shardName(shard.id)} is led by ${node.name}, which is about to restart`;
    return [{ action: { kind: 'transferLeadership', shard: shard.id, toNodeId: to.id }, reason }];
  });
}

/** A voter that is there and closest to the leader; of several, the one that leads least. */
function successor({ nodes, shards }: StoreState, shard: StoreShard, from: StoreNode): StoreNode | undefined {
  const led = (id: string): number => shards.filter(({ leaderNodeId }) => leaderNodeId === id).length;
  const able = shard.replicas.flatMap(({ nodeId, isLearner, lagEntries }) => {
    const node = nodes.find(({ id }) => id === nodeId);
    const isAble =
      node !== undefined && node.id !== from.id && !isLearner && node.liveness === 'alive' && !node.isDraining;
    return isAble ? [{ node, lag: lagEntries ?? Number.MAX_SAFE_INTEGER }] : [];
  });
  const [best] = able.toSorted((a, b) => led(a.node.id) - led(b.node.id) || a.lag - b.lag);
  return best?.node;
}
