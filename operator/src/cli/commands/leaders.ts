// SPDX-License-Identifier: Apache-2.0
import { command } from '@shortlink/common/cli/command.ts';
import { CliError } from '@shortlink/common/cli/exit-codes.ts';
import { shardName } from '../../plan/disruption.ts';
import { findCluster } from '../find-cluster.ts';
import { clusterFlag, kubeFlags, outputFlags } from '../flags.ts';
import { moveLeaders, shardToMove, votesFor } from '../move-leaders.ts';
import { clusterOfNode, nodeArgument } from '../node-names.ts';
import { printResult } from '../print.ts';
import { withSession, type Connect } from '../session.ts';

const balance = 'The cluster spreads leaderships by itself, and may give some of them back later.';

export const transferCommand = (connect: Connect) =>
  command({
    path: ['transfer'],
    summary: 'Hand the leadership of a shard to a node, and wait until it has it',
    details: [balance],
    args: [{ name: 'shard', help: 'number of the shard; 0 is the meta group' }, nodeArgument],
    flags: { ...clusterFlag, ...kubeFlags, ...outputFlags },
    run: async ({ flags, args, io }) => {
      if (!/^\d{1,9}$/.test(args.shard)) throw new CliError('usage', `${args.shard} is no number of a shard`);
      const id = Number(args.shard);
      const result = await withSession(connect, flags, async (session, signal) => {
        const name = flags.cluster ?? (await clusterOfNode(session, args.node, signal));
        const cluster = await findCluster(session, name, signal);
        return moveLeaders(
          {
            session,
            cluster,
            node: args.node,
            choose: (state, node) => {
              const shard = shardToMove(state, node, id);
              return shard.leaderNodeId === node.id ? [] : [shard];
            },
          },
          signal,
        );
      });
      printResult(
        io,
        flags.output,
        result,
        () => `${result.node} leads ${shardName(id)}${result.moved.length === 0 ? ' already' : ''}`,
      );
    },
  });

export const promoteCommand = (connect: Connect) =>
  command({
    path: ['promote'],
    summary: 'Hand a node the leadership of every shard that it votes in, and wait until it has them',
    details: [balance, 'To relieve a node for good, drain it; restarts hand leaderships over by themselves.'],
    args: [nodeArgument],
    flags: {
      meta: { kind: 'bool', default: false, help: 'The meta group as well.' },
      ...clusterFlag,
      ...kubeFlags,
      ...outputFlags,
    },
    run: async ({ flags, args, io }) => {
      const result = await withSession(connect, flags, async (session, signal) => {
        const name = flags.cluster ?? (await clusterOfNode(session, args.node, signal));
        const cluster = await findCluster(session, name, signal);
        return moveLeaders(
          {
            session,
            cluster,
            node: args.node,
            choose: ({ shards }, node) =>
              shards.filter(
                (shard) => (shard.id !== 0 || flags.meta) && shard.leaderNodeId !== node.id && votesFor(shard, node),
              ),
          },
          signal,
        );
      });
      const { moved, node } = result;
      printResult(io, flags.output, result, () =>
        moved.length === 0
          ? `${node} leads already what it can`
          : `${node} leads ${moved.map(shardName).join(', ')}, too`,
      );
    },
  });
