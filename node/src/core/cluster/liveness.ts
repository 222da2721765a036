// SPDX-License-Identifier: Apache-2.0
import type { NodeId } from '@shortlink/common/ids.ts';
import { takesData } from './cluster-map.ts';
import type { NodeInfo } from './cluster-map.ts';

/** When a node that is not heard of counts as what. Times are measured from its last heartbeat. */
export interface RingSettings {
  readonly suspectAfterMs: number;
  readonly downAfterMs: number;
  readonly outAfterMs: number;
  /** Nothing moves while more than this percentage of the nodes is DOWN. */
  readonly brakePercent: number;
}

/** ALIVE, SUSPECT and DOWN are what the meta group's leader has heard; OUT is an entry of the meta group. */
export type Liveness = 'ALIVE' | 'SUSPECT' | 'DOWN' | 'OUT';

/** What the meta group's leader has heard of a node. */
export interface Heard {
  /** Since the last heartbeat, or since the leader began to listen. */
  readonly silentMs: number;
  /** A heartbeat has come since the leader began to listen. */
  readonly isHeard: boolean;
  /** For how long heartbeats have come without a gap of `suspectAfterMs`. */
  readonly steadyMs: number;
}

export interface NodeLiveness extends Heard {
  readonly id: NodeId;
  readonly state: Liveness;
  /** Not heard of for `downAfterMs`; an OUT node may be, or be on its way back. */
  readonly isSilent: boolean;
}

export interface ClusterLiveness {
  readonly nodes: readonly NodeLiveness[];
  /** Why nothing moves, in words; undefined while things may. */
  readonly brake: string | undefined;
}

/** @param heardOf what was heard of a node. */
export function judgeNodes(
  nodes: readonly NodeInfo[],
  heardOf: (id: NodeId) => Heard,
  settings: RingSettings,
): ClusterLiveness {
  const judged = nodes.map((node): NodeLiveness => {
    const heard = heardOf(node.id);
    const isSilent = heard.silentMs >= settings.downAfterMs;
    return { id: node.id, ...heard, isSilent, state: node.isOut ? 'OUT' : stateOf(heard.silentMs, settings) };
  });
  return { nodes: judged, brake: brakeOf(nodes, judged, settings) };
}

function stateOf(silentMs: number, { suspectAfterMs, downAfterMs }: RingSettings): Liveness {
  if (silentMs < suspectAfterMs) return 'ALIVE';
  return silentMs < downAfterMs ? 'SUSPECT' : 'DOWN';
}

/**
 * Too many nodes down at once are rather a fault of the network, or of whatever they share, than lost nodes: moving
 * their data would load the rest for nothing. Nodes that are OUT or leave by somebody's decision do not count.
 */
function brakeOf(
  nodes: readonly NodeInfo[],
  judged: readonly NodeLiveness[],
  { brakePercent }: RingSettings,
): string | undefined {
  const counted = nodes.filter(takesData);
  const down = counted.filter((node) => judged.some(({ id, state }) => id === node.id && state === 'DOWN'));
  if (down.length * 100 <= brakePercent * counted.length) return undefined;
  const names = down.map((node) => node.name).join(', ');
  return `${down.length} of ${counted.length} nodes are DOWN (${names}), more than ${brakePercent} %: nothing moves until some are back or declared gone`;
}
