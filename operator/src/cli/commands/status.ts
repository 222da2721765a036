// SPDX-License-Identifier: Apache-2.0
import { command } from '@shortlink/common/cli/command.ts';
import { CliError } from '@shortlink/common/cli/exit-codes.ts';
import type { ShortLinkCluster } from '../../crd/shortlink-cluster.gen.ts';
import { findCluster, listClusters } from '../find-cluster.ts';
import { allNamespacesFlag, clusterArgument, kubeFlags, outputFlags } from '../flags.ts';
import { podsOf } from '../pods-of.ts';
import { printResult } from '../print.ts';
import { withSession, type Connect, type Session } from '../session.ts';
import { listText, statusText } from '../status-text.ts';
import { statusView } from '../status-view.ts';

export const statusCommand = (connect: Connect) =>
  command({
    path: ['status'],
    summary: 'Show how a cluster is: nodes, shards, ring, chunks, uploads, the current step and what it waits for',
    details: [
      'It is what the operator last saw, with what the pods are now. Without a name, where there are several clusters, and with -A: a line for each.',
    ],
    args: [clusterArgument],
    flags: { ...kubeFlags, ...allNamespacesFlag, ...outputFlags },
    run: async ({ flags, args, io }) => {
      const isAll = flags['all-namespaces'];
      if (isAll && args.cluster !== undefined)
        throw new CliError('usage', 'give the name of a cluster or --all-namespaces, not both');
      await withSession(connect, flags, async (session, signal) => {
        const all =
          args.cluster === undefined ? await listClusters(session, isAll ? undefined : session.namespace, signal) : [];
        if (isAll || all.length > 1) {
          const views = all.map((one) => statusView(one, undefined));
          printResult(io, flags.output, views, () =>
            views.length === 0 ? 'there is no ShortLinkCluster in any namespace' : listText(views),
          );
          return;
        }
        const cluster = all[0] ?? (await findCluster(session, args.cluster, signal));
        const { view, notes } = await viewOf(session, cluster, signal);
        printResult(io, flags.output, view, () => statusText(view));
        for (const note of notes) io.err(note);
      });
    },
  });

async function viewOf(session: Session, cluster: ShortLinkCluster, signal: AbortSignal) {
  const pods = await podsOf(session, cluster, signal);
  const notes = pods === undefined ? ['you may not list pods: what Kubernetes says of them is left out'] : [];
  return { view: statusView(cluster, pods), notes };
}
