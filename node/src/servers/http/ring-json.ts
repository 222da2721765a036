// SPDX-License-Identifier: Apache-2.0
import type { RingNode, RingReport } from '../../ports/ring-report.ts';
import { formatTimestamp } from './timestamp.ts';

/** Field by field: what the engine adds to its report must not leak into the API by accident. */
export function ringJson({ leaderNodeId, epoch, operatorEpoch, brake, nodes, chunks, lastChange, events }: RingReport) {
  return {
    leaderNodeId,
    epoch,
    operatorEpoch,
    brake: brake ?? null,
    nodes: nodes.map(ringNodeJson),
    chunks: { total: chunks.total, underReplicated: chunks.underReplicated, moving: chunks.moving },
    lastChange: lastChange === undefined ? null : { movedShare: lastChange.movedShare, bound: lastChange.bound },
    events: events.map(({ id, timeMs, ringEpoch, kind, nodeId, shard, replicaId, reason }) => ({
      id,
      time: formatTimestamp(timeMs),
      ringEpoch,
      kind,
      nodeId: nodeId ?? null,
      shard: shard ?? null,
      replicaId: replicaId ?? null,
      reason,
    })),
  };
}

function ringNodeJson(node: RingNode) {
  return {
    id: node.id,
    state: node.state,
    silentMs: Math.round(node.silentMs),
    heldUntil: node.heldUntilMs === undefined ? null : formatTimestamp(node.heldUntilMs),
    chunksHeld: node.chunksHeld ?? null,
    chunkBytes: node.chunkBytes ?? null,
    diskFreeBytes: node.diskFreeBytes ?? null,
    chunkProblem: node.chunkProblem ?? null,
    storeProblem: node.storeProblem ?? null,
  };
}
