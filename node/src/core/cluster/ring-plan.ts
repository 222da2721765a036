// SPDX-License-Identifier: Apache-2.0
import type { ClusterMap } from './cluster-map.ts';
import type { ClusterLiveness, NodeLiveness, RingSettings } from './liveness.ts';
import type { MetaCommand } from './meta-commands.ts';
import { isHeld } from './meta-state.ts';
import type { NodeHold } from './meta-state.ts';

export interface RingSituation {
  readonly map: ClusterMap;
  readonly liveness: ClusterLiveness;
  readonly holds: readonly NodeHold[];
  /** The leader's trusted clock; 0 while it is not: then every hold lasts. */
  readonly nowMs: number;
}

/**
 * What the leader of the meta group should have decided next: nodes that are back, then one that has been away for too
 * long. One at a time, so that the next decision counts the nodes that are left.
 */
export function planRing(situation: RingSituation, settings: RingSettings): MetaCommand | undefined {
  const { map, liveness, holds, nowMs } = situation;
  const back = liveness.nodes.find((node) => isBack(node, settings));
  if (back !== undefined) {
    const reason = `its heartbeats have come for ${Math.round(back.steadyMs)} ms`;
    return { type: 'markBack', nodeId: back.id, reason };
  }
  if (liveness.brake !== undefined) return undefined;
  const gone = liveness.nodes.find(
    ({ id, state, silentMs }) => state === 'DOWN' && silentMs >= settings.outAfterMs && !isHeld(holds, id, nowMs),
  );
  if (gone === undefined) return undefined;
  const reason = `no heartbeat for ${Math.round(gone.silentMs)} ms`;
  return { type: 'markOut', nodeId: gone.id, ringEpoch: map.ringEpoch, reason };
}

/** A node that comes and goes must not make data come and go with it. */
function isBack({ state, silentMs, steadyMs }: NodeLiveness, { suspectAfterMs }: RingSettings): boolean {
  return state === 'OUT' && silentMs < suspectAfterMs && steadyMs >= suspectAfterMs;
}
