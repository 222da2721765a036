// SPDX-License-Identifier: Apache-2.0
import type { Intent } from './intent.ts';
import { podName } from '../desired/names.ts';
import { hasLeft, neverJoined, nodeOf, podOf } from './nodes-of-pods.ts';
import type { Observed, PodState, StoreNode, StoreShard, StoreState } from './observed.ts';

/** Entries that a replica may be behind and still count as caught up: what is on its way at any moment under load. */
const maxLagEntries = 1000;

/**
 * Why the pod of `ordinal` must not be taken away now; undefined when it may. All others must be whole: of two replicas of a
 * shard that are away at once, the second one stops it (K-I9).
 */
export function disruptionProblem(observed: Observed, intent: Intent, ordinal: number): string | undefined {
  const { statefulSet, store } = observed;
  if (statefulSet === undefined || !statefulSet.isObserved) return 'the StatefulSet to be seen by its controller';
  // There is nobody to keep whole.
  if (statefulSet.replicas === 1) return undefined;
  const pods = othersProblem(observed, intent, { replicas: statefulSet.replicas, ordinal });
  if (pods !== undefined) return pods;
  if (store === undefined) return 'a node that answers how the cluster is';
  const node = nodeOf(observed, intent.name, ordinal);
  return nodesProblem(store, node) ?? shardsProblem(store, node);
}

/**
 * Nobody loses anything with this pod: the cluster goes on without its node already or, where nobody can say that, its container
 * does not run. It may be replaced whatever else is wrong, since that may be the cure.
 */
export function isOfNoUse(observed: Observed, { name }: Intent, pod: PodState): boolean {
  if (pod.isReady) return false;
  if (observed.store !== undefined) return nodeOf(observed, name, pod.ordinal)?.liveness !== 'alive';
  return pod.isStopped || pod.kubeNode === undefined;
}

function othersProblem(
  observed: Observed,
  intent: Intent,
  { replicas, ordinal }: { readonly replicas: number; readonly ordinal: number },
): string | undefined {
  const { name } = intent;
  for (let other = 0; other < replicas; other++) {
    if (other === ordinal || hasLeft(observed, intent, other) || neverJoined(observed, intent, other)) continue;
    const pod = podOf(observed, other);
    if (pod === undefined) return `pod ${podName(name, other)} to be made`;
    if (pod.isDeleting) return `pod ${pod.name} to end`;
    if (!pod.isReady) return readinessOf(pod);
    if (observed.store !== undefined && nodeOf(observed, name, other) === undefined)
      return `pod ${pod.name} to join the cluster`;
  }
  return undefined;
}

function nodesProblem({ nodes, brake }: StoreState, except: StoreNode | undefined): string | undefined {
  const gone = nodes.find((node) => node.id !== except?.id && node.liveness !== 'alive');
  if (gone !== undefined) return `node ${gone.name} (${gone.id}), which is ${gone.liveness}`;
  const draining = nodes.find((node) => node.id !== except?.id && node.isDraining);
  if (draining !== undefined) return `node ${draining.name} (${draining.id}) to be drained`;
  return brake === '' ? undefined : `the brake of the ring: ${brake}`;
}

function shardsProblem(store: StoreState, except: StoreNode | undefined): string | undefined {
  for (const shard of store.shards) {
    const problem = shardProblem(shard, store, except);
    if (problem !== undefined) return `${shardName(shard.id)}: ${problem}`;
  }
  return undefined;
}

/** What a shard lacks to do without a node; undefined when nothing. */
function shardProblem(
  { replicas, leaderNodeId }: StoreShard,
  { shardReplicas, nodes }: StoreState,
  except: StoreNode | undefined,
): string | undefined {
  if (leaderNodeId === undefined) return 'a leader';
  if (replicas.some(({ isLearner }) => isLearner)) return 'a learner to catch up';
  const staying = nodes.filter((node) => !node.isDraining).length;
  const wanted = Math.min(shardReplicas, staying);
  if (replicas.length < wanted) return `${wanted} voters, of which there are ${replicas.length}`;
  for (const { nodeId, lagEntries } of replicas) {
    if (nodeId === except?.id) continue;
    const name = nodes.find(({ id }) => id === nodeId)?.name ?? nodeId;
    if (lagEntries === undefined) return `news of the replica on ${name}`;
    if (lagEntries > maxLagEntries) return `the replica on ${name}, which is far behind`;
  }
  return undefined;
}

export function shardName(id: number): string {
  return id === 0 ? 'the meta group' : `shard ${id}`;
}

/** What is waited for while a pod is not ready, and why it is not, as far as anybody says. */
export function readinessOf({ name, problem, waitsFor }: PodState): string {
  if (problem !== undefined) return `pod ${name} to be ready (${problem})`;
  return waitsFor === undefined ? `pod ${name} to be ready` : `pod ${name} to be ready, which waits for ${waitsFor}`;
}
