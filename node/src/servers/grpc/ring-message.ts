// SPDX-License-Identifier: Apache-2.0
import { create } from '@bufbuild/protobuf';
import { Liveness, RingSchema } from '@shortlink/proto/admin.ts';
import type { RingNode, RingReport } from '../../ports/ring-report.ts';

const states = {
  ALIVE: Liveness.ALIVE,
  SUSPECT: Liveness.SUSPECT,
  DOWN: Liveness.DOWN,
  OUT: Liveness.OUT,
} as const;

export function ringMessage(report: RingReport) {
  const { total, underReplicated, moving } = report.chunks;
  return create(RingSchema, {
    leaderNodeId: report.leaderNodeId,
    epoch: BigInt(report.epoch),
    operatorEpoch: BigInt(report.operatorEpoch),
    brake: report.brake ?? '',
    nodes: report.nodes.map(nodeMessage),
    chunks: { total: BigInt(total), underReplicated: BigInt(underReplicated), moving: BigInt(moving) },
    ...(report.lastChange === undefined ? {} : { lastChange: report.lastChange }),
    events: report.events.map(({ id, timeMs, ringEpoch, kind, nodeId, shard, replicaId, reason }) => ({
      id: BigInt(id),
      timeMs: BigInt(timeMs),
      ringEpoch: BigInt(ringEpoch),
      kind,
      nodeId: nodeId ?? '',
      ...(shard === undefined ? {} : { shardId: shard }),
      ...(replicaId === undefined ? {} : { replicaId: BigInt(replicaId) }),
      reason,
    })),
  });
}

function nodeMessage({ id, state, silentMs, chunkProblem, storeProblem, ...node }: RingNode) {
  const { heldUntilMs, chunksHeld, chunkBytes, diskFreeBytes } = node;
  return {
    id,
    state: states[state],
    silentMs: BigInt(Math.round(silentMs)),
    ...(heldUntilMs === undefined ? {} : { heldUntilMs: BigInt(heldUntilMs) }),
    ...(chunksHeld === undefined ? {} : { chunksHeld: BigInt(chunksHeld) }),
    ...(chunkBytes === undefined ? {} : { chunkBytes: BigInt(chunkBytes) }),
    ...(diskFreeBytes === undefined ? {} : { diskFreeBytes: BigInt(diskFreeBytes) }),
    chunkProblem: chunkProblem ?? '',
    storeProblem: storeProblem ?? '',
  };
}
