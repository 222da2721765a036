// SPDX-License-Identifier: Apache-2.0
import { command } from '@shortlink/common/cli/command.ts';
import type { ShortLinkCluster } from '../../crd/shortlink-cluster.gen.ts';
import { timeText } from '../../reconcile/time-text.ts';
import { changeCluster } from '../change-cluster.ts';
import { clusterArgument, kubeFlags, outputFlags } from '../flags.ts';
import { printResult } from '../print.ts';
import { withSession, type Connect } from '../session.ts';

/** On pods, as kubectl rollout restart does it: another time makes another template. */
export const restartAnnotation = 'shortlink.dev/restarted-at';

export const restartCommand = (connect: Connect) =>
  command({
    path: ['restart'],
    summary: 'Have all nodes restarted, one after the other, without a failed request',
    details: [
      `It writes spec.podTemplate.metadata.annotations["${restartAnnotation}"]; the operator replaces the pods as in a rolling update: leaderships are handed over first, the leader of the meta group comes last, each is waited for.`,
    ],
    args: [clusterArgument],
    flags: { ...kubeFlags, ...outputFlags },
    run: async ({ flags, args, io }) => {
      const result = await withSession(connect, flags, async (session, signal) => {
        const at = timeText(session.clock.nowMs());
        const { cluster } = await changeCluster(session, args.cluster, (one) => restarted(one, at), signal);
        return { cluster: cluster.metadata.name, restartedAt: at, paused: cluster.spec.paused };
      });
      printResult(
        io,
        flags.output,
        result,
        () => `the nodes of ${result.cluster} are to restart; status shows how far it is`,
      );
      if (result.paused) io.err('the operator is paused: nothing happens until spec.paused is false');
    },
  });

function restarted(cluster: ShortLinkCluster, at: string): ShortLinkCluster {
  const { podTemplate = {} } = cluster.spec;
  const { metadata = {} } = podTemplate;
  const annotations = { ...metadata.annotations, [restartAnnotation]: at };
  const spec = { ...cluster.spec, podTemplate: { ...podTemplate, metadata: { ...metadata, annotations } } };
  return { ...cluster, spec };
}
