// SPDX-License-Identifier: Apache-2.0
import { disruptionProblem } from './disruption.ts';
import type { Intent } from './intent.ts';
import { claimOf, isSuperseded, nodesNamed, ordinalOf } from './nodes-of-pods.ts';
import type { Observed, StoreNode, StoreState } from './observed.ts';
import { leftOn, spaceRefusal, stayingBeside } from './scale-down.ts';
import type { Part } from './step.ts';

/**
 * Nodes that are to leave while their pods stay, one at a time. As in a scale-down nothing begins that redundancy or space
 * forbid, and it is taken back by taking the name out of the list (`planCancel`).
 */
export function planDrain(observed: Observed, intent: Intent): Part {
  const { store } = observed;
  const refusals: string[] = [];
  for (const name of intent.drainedPods) {
    const ordinal = ordinalOf(intent.name, name);
    // Whoever is above the replicas leaves anyway.
    if (ordinal === undefined || ordinal >= intent.replicas) continue;
    if (store === undefined) return { steps: [], waitingFor: `a node that answers, to drain ${name}` };
    const here = nodesNamed(observed, name).filter((node) => !isSuperseded(observed, node));
    const leaving = here.filter(({ isDraining }) => isDraining);
    if (leaving.length > 0) return { steps: [], refusals, waitingFor: leftOn(store, leaving) };
    // Forgotten: it has left.
    if (here.length === 0) continue;
    const refusal = drainRefusal(store, here);
    if (refusal !== undefined) {
      refusals.push(refusal);
      continue;
    }
    if (claimOf(observed, ordinal)?.nodeId === undefined)
      return {
        steps: [],
        refusals,
        waitingFor: `pod ${name} to be ready, so that it is certain whose data its volume holds`,
      };
    const problem = disruptionProblem(observed, intent, ordinal);
    if (problem !== undefined) return { steps: [], refusals, waitingFor: `${problem}, before node ${name} is drained` };
    const reason = `spec.drainedNodes names ${name}`;
    return { steps: here.map(({ id }) => ({ action: { kind: 'removeNode', nodeId: id }, reason })), refusals };
  }
  return { steps: [], refusals };
}

/** Why the nodes must stay; undefined when they may go. */
function drainRefusal(store: StoreState, leaving: readonly StoreNode[]): string | undefined {
  const left = stayingBeside(store, leaving).length;
  const names = leaving.map(({ name }) => name).join(', ');
  if (left < store.shardReplicas)
    return `node ${names} cannot be drained: ${left} nodes would be left for the ${store.shardReplicas} replicas of each shard; raise spec.replicas first, or take it out of spec.drainedNodes`;
  return spaceRefusal(store, leaving);
}
