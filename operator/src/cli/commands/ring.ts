// SPDX-License-Identifier: Apache-2.0
import { command } from '@shortlink/common/cli/command.ts';
import { renderPairs, renderTable } from '@shortlink/common/cli/table.ts';
import type { StoreState } from '../../plan/observed.ts';
import { askCluster } from '../ask-cluster.ts';
import { findCluster } from '../find-cluster.ts';
import { clusterArgument, kubeFlags, outputFlags } from '../flags.ts';
import { printResult } from '../print.ts';
import { withSession, type Connect } from '../session.ts';

export const ringCommand = (connect: Connect) =>
  command({
    path: ['ring'],
    summary: 'Show the ring as the nodes see it now: who is alive, what each holds, and why nothing moves',
    details: [
      'The nodes are asked, not the operator: ALIVE, SUSPECT and DOWN are what the leader of the meta group hears; OUT is decided: others take the place of the node. While the brake is on, nothing moves.',
    ],
    args: [clusterArgument],
    flags: { ...kubeFlags, ...outputFlags },
    run: async ({ flags, args, io }) => {
      const ring = await withSession(connect, flags, async (session, signal) => {
        const cluster = await findCluster(session, args.cluster, signal);
        return ringView((await askCluster(session, cluster, signal)).state);
      });
      printResult(io, flags.output, ring, () => ringText(ring));
    },
  });

function ringView({ ringEpoch, operatorEpoch, brake, chunks, nodes, shards }: StoreState) {
  return {
    epoch: ringEpoch,
    operatorEpoch,
    brake: brake === '' ? null : brake,
    chunks,
    nodes: nodes.map((node) => ({
      ...node,
      shardsLed: shards.filter(({ leaderNodeId }) => leaderNodeId === node.id).length,
      replicas: shards.filter(({ replicas }) => replicas.some(({ nodeId }) => nodeId === node.id)).length,
    })),
  };
}

function ringText({ epoch, operatorEpoch, brake, chunks, nodes }: ReturnType<typeof ringView>): string {
  const summary = renderPairs({
    epoch,
    'operator epoch': operatorEpoch,
    brake: brake ?? 'off',
    chunks: `${chunks.total}, ${chunks.underReplicated} under-replicated, ${chunks.moving} moving`,
  });
  const rows = nodes.map((node) => [
    node.name,
    node.id,
    node.zone,
    node.liveness.toUpperCase() + (node.isDraining ? ' (draining)' : '') + (node.isHeld ? ' (held)' : ''),
    String(node.replicas),
    String(node.shardsLed),
    String(node.chunksHeld ?? ''),
    String(node.chunkBytes ?? ''),
    String(node.diskFreeBytes ?? ''),
    node.storeProblem ?? '',
  ]);
  const head = [
    'node',
    'id',
    'zone',
    'state',
    'replicas',
    'leads',
    'chunks',
    'chunk bytes',
    'disk free',
    'object store',
  ];
  return [summary, renderTable(head, rows)].join('\n\n');
}
