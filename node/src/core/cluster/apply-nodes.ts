// SPDX-License-Identifier: Apache-2.0
import type { NodeId } from '@shortlink/common/ids.ts';
import { isSameDescription, takesData } from './cluster-map.ts';
import type { ClusterMap, NodeDescription, NodeInfo } from './cluster-map.ts';
import { changed, isHeld, noted, refused, unchanged } from './meta-state.ts';
import type { MetaState, NewEvent, Outcome } from './meta-state.ts';

interface Change {
  readonly nodeId: NodeId;
  readonly why: string;
}

/** A node joins, or says something else of itself than before. */
export function putNode(state: MetaState, map: ClusterMap, node: NodeDescription): Outcome {
  const known = map.nodes.find((n) => n.id === node.id);
  const next: NodeInfo = { ...node, state: known?.state ?? 'active', isOut: known?.isOut ?? false };
  if (known !== undefined && isSameDescription(known, next)) return unchanged(state, map);
  // Whoever had the name before has lost its volume: it cannot come back under another id, so its replicas move away.
  const replaced = map.nodes.find((n) => n.id !== node.id && n.name === node.name && n.state === 'active');
  const others = map.nodes
    .filter((n) => n.id !== node.id)
    .map((n) => (n.name === node.name ? { ...n, state: 'draining' as const } : n));
  const nodes = [...others, next].sort((a, b) => (a.id < b.id ? -1 : 1));
  const event: NewEvent =
    known === undefined
      ? { kind: 'nodeJoined', nodeId: node.id, reason: `as ${node.name}${zoneAndWeight(node)}` }
      : { kind: 'nodeChanged', nodeId: node.id, reason: `${node.name}${zoneAndWeight(node)}` };
  const outcome = changed(state, { ...map, nodes }, event);
  if (replaced === undefined) return outcome;
  const reason = `node ${node.id} has taken its name ${node.name}`;
  return { ...outcome, state: noted(outcome.state, { kind: 'nodeDraining', nodeId: replaced.id, reason }) };
}

export function setNodeState(
  state: MetaState,
  map: ClusterMap,
  { nodeId, state: next, why }: Change & { readonly state: NodeInfo['state'] },
): Outcome {
  const known = map.nodes.find((n) => n.id === nodeId);
  if (known === undefined) return refused(state, `there is no node ${nodeId}`);
  if (known.state === next) return unchanged(state, map);
  if (next === 'draining' && isLast(map, nodeId)) {
    return refused(state, `node ${nodeId} is the last active one; add another node first`);
  }
  const successor = map.nodes.find((n) => n.id !== nodeId && n.name === known.name && n.state === 'active');
  if (next === 'active' && successor !== undefined)
    return refused(state, `node ${successor.id} has taken the name ${known.name}: node ${nodeId} cannot stay`);
  const event: NewEvent = { kind: next === 'draining' ? 'nodeDraining' : 'nodeKept', nodeId, reason: why };
  return changed(state, withNode(map, { ...known, state: next }), event);
}

export function removeNode(state: MetaState, map: ClusterMap, { nodeId, why }: Change): Outcome {
  if (!map.nodes.some((n) => n.id === nodeId)) return unchanged(state, map);
  const holding = [map.meta, ...map.shards.map((s) => s.replicas)].some((rs) => rs.some((r) => r.nodeId === nodeId));
  if (holding) return refused(state, `node ${nodeId} still holds replicas; drain it first`);
  const nodes = map.nodes.filter((n) => n.id !== nodeId);
  const event: NewEvent = { kind: 'nodeRemoved', nodeId, reason: why };
  return changed(withoutHold(state, nodeId), { ...map, nodes }, event);
}

/** The node is away for too long: others take its place. */
export function markOut(
  state: MetaState,
  map: ClusterMap,
  { nodeId, ringEpoch, why }: Change & { readonly ringEpoch: number },
): Outcome {
  if (ringEpoch !== map.ringEpoch)
    return refused(state, `the ring has changed: its epoch is ${map.ringEpoch}, not ${ringEpoch}`);
  if (isHeld(state.holds, nodeId, state.timeMs)) return refused(state, `node ${nodeId} is held`);
  return putOut(state, map, { nodeId, why });
}

/** OUT, whatever the reason is. */
export function putOut(state: MetaState, map: ClusterMap, { nodeId, why }: Change): Outcome {
  const known = map.nodes.find((n) => n.id === nodeId);
  if (known === undefined) return refused(state, `there is no node ${nodeId}`);
  if (known.isOut) return unchanged(state, map);
  if (isLast(map, nodeId)) return refused(state, `node ${nodeId} is the last one that takes data`);
  const event: NewEvent = { kind: 'nodeOut', nodeId, reason: why };
  return changed(withoutHold(state, nodeId), withNode(map, { ...known, isOut: true }), event);
}

export function markBack(state: MetaState, map: ClusterMap, { nodeId, why }: Change): Outcome {
  const known = map.nodes.find((n) => n.id === nodeId);
  if (known?.isOut !== true) return unchanged(state, map);
  return changed(state, withNode(map, { ...known, isOut: false }), { kind: 'nodeBack', nodeId, reason: why });
}

export function withoutHold(state: MetaState, nodeId: NodeId): MetaState {
  if (state.holds.every((hold) => hold.nodeId !== nodeId)) return state;
  return { ...state, holds: state.holds.filter((hold) => hold.nodeId !== nodeId) };
}

/** Nobody else takes data. */
function isLast(map: ClusterMap, nodeId: NodeId): boolean {
  return map.nodes.every((n) => n.id === nodeId || !takesData(n));
}

function withNode(map: ClusterMap, node: NodeInfo): ClusterMap {
  return { ...map, nodes: map.nodes.map((n) => (n.id === node.id ? node : n)) };
}

function zoneAndWeight({ zone, weight }: NodeDescription): string {
  return `${zone === '' ? '' : `, zone ${zone}`}, weight ${weight}`;
}
