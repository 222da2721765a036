// SPDX-License-Identifier: Apache-2.0
import type { NodeId } from '@shortlink/common/ids.ts';
import { ringMembers } from '../../core/cluster/cluster-map.ts';
import type { ClusterMap } from '../../core/cluster/cluster-map.ts';
import type { ClusterLiveness } from '../../core/cluster/liveness.ts';
import { isHeld } from '../../core/cluster/meta-state.ts';
import type { MetaState } from '../../core/cluster/meta-state.ts';
import { movedShare } from '../../core/placement/moved-share.ts';
import type { MovedShare } from '../../core/placement/moved-share.ts';
import type { NodeHeartbeat } from '../../ports/peers.ts';
import type { ChunkCounts, RingNode, RingReport } from '../../ports/ring-report.ts';

export interface ReportInput {
  readonly leaderNodeId: NodeId;
  readonly map: ClusterMap;
  readonly state: MetaState;
  readonly liveness: ClusterLiveness;
  readonly factsOf: (id: NodeId) => NodeHeartbeat | undefined;
  readonly chunks: ChunkCounts;
  readonly nowMs: number;
}

/** Puts the reports together; what the last change of the ring moved is measured once a change. */
export class RingReporter {
  #measured: { readonly epoch: number; readonly share: MovedShare | undefined } | undefined;

  report({ leaderNodeId, map, state, liveness, factsOf, chunks, nowMs }: ReportInput): RingReport {
    const nodes = liveness.nodes.map(({ id, state: nodeState, silentMs }): RingNode => {
      const facts = factsOf(id);
      const hold = isHeld(state.holds, id, nowMs) ? state.holds.find(({ nodeId }) => nodeId === id) : undefined;
      return {
        id,
        state: nodeState,
        silentMs,
        heldUntilMs: hold?.untilMs,
        chunksHeld: facts?.chunksHeld,
        chunkBytes: facts?.chunkBytes,
        diskFreeBytes: facts?.diskFreeBytes,
        chunkProblem: facts?.chunkProblem,
        storeProblem: facts?.storeProblem,
      };
    });
    return {
      leaderNodeId,
      epoch: map.ringEpoch,
      operatorEpoch: state.operatorEpoch,
      brake: liveness.brake,
      nodes,
      chunks,
      lastChange: this.#lastChange(map, state),
      events: state.events,
    };
  }

  #lastChange(map: ClusterMap, { previousRing }: MetaState): MovedShare | undefined {
    if (this.#measured?.epoch !== map.ringEpoch)
      this.#measured = { epoch: map.ringEpoch, share: movedShare(previousRing, ringMembers(map.nodes)) };
    return this.#measured.share;
  }
}
