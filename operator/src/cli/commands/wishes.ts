// SPDX-License-Identifier: Apache-2.0
import { command } from '@shortlink/common/cli/command.ts';
import type { ShortLinkCluster } from '../../crd/shortlink-cluster.gen.ts';
import { podName } from '../../desired/names.ts';
import { changeCluster } from '../change-cluster.ts';
import { clusterFlag, kubeFlags, outputFlags } from '../flags.ts';
import { clusterOfNode, nodeArgument, podNamed } from '../node-names.ts';
import { printResult } from '../print.ts';
import { withSession, type Connect } from '../session.ts';

/** Lists of the spec that name nodes. */
type ListName = 'fencedNodes' | 'drainedNodes';

interface Wish {
  readonly path: string;
  readonly summary: string;
  readonly details: readonly string[];
  readonly list: ListName;
  readonly isListed: boolean;
  /** What to say when it is written. */
  readonly done: (pod: string) => string;
}

const wishes: readonly Wish[] = [
  {
    path: 'drain',
    summary: 'Have a node hand its leaderships, replicas and chunks over to others, and leave the cluster',
    details: [
      'It writes spec.drainedNodes; the operator drains the node as in a scale-down: never when redundancy or space forbid it, which status says. Pod and volume stay until undrain.',
    ],
    list: 'drainedNodes',
    isListed: true,
    done: (pod) => `${pod} is to be drained; status shows what it waits for`,
  },
  {
    path: 'undrain',
    summary: 'Take a drain back; a node that has left already begins anew with an empty volume',
    details: [],
    list: 'drainedNodes',
    isListed: false,
    done: (pod) => `${pod} is wanted again`,
  },
  {
    path: 'fence',
    summary: 'Have the process of a node stopped, while pod and volume stay for a look at them',
    details: [
      'It writes spec.fencedNodes. The others take over; after ring.outAfter they take the replicas and chunks of the node, too.',
    ],
    list: 'fencedNodes',
    isListed: true,
    done: (pod) => `${pod} is to be fenced`,
  },
  {
    path: 'unfence',
    summary: 'Have a fenced node run again',
    details: [],
    list: 'fencedNodes',
    isListed: false,
    done: (pod) => `${pod} is to run again`,
  },
];

/** Commands that say in the spec how a node should be. */
export const wishCommands = (connect: Connect) => wishes.map((wish) => wishCommand(connect, wish));

const wishCommand = (connect: Connect, wish: Wish) =>
  command({
    path: [wish.path],
    summary: wish.summary,
    details: [...wish.details, 'Who keeps the object in Git writes the field there, or it will be taken back.'],
    args: [nodeArgument],
    flags: {
      ...clusterFlag,
      ...kubeFlags,
      ...outputFlags,
    },
    run: async ({ flags, args, io }) => {
      const result = await withSession(connect, flags, async (session, signal) => {
        let pod = '';
        const name = flags.cluster ?? (await clusterOfNode(session, args.node, signal));
        const { cluster, isChanged } = await changeCluster(
          session,
          name,
          (one) => {
            pod = podOf(one, wish, args.node);
            return withNode(one, wish, pod);
          },
          signal,
        );
        return { cluster: cluster.metadata.name, node: pod, isChanged, [wish.list]: cluster.spec[wish.list] };
      });
      printResult(io, flags.output, result, () =>
        result.isChanged ? wish.done(result.node) : `${result.node} is so already; nothing is changed`,
      );
    },
  });

/** What is in the list may be taken out, whether there is such a node by now or not. */
function podOf(cluster: ShortLinkCluster, { list, isListed }: Wish, text: string): string {
  const listed = [text, podName(cluster.metadata.name, Number(text))].find((one) => cluster.spec[list].includes(one));
  return !isListed && listed !== undefined ? listed : podNamed(cluster, text);
}

function withNode(cluster: ShortLinkCluster, { list, isListed }: Wish, pod: string): ShortLinkCluster | undefined {
  const before = cluster.spec[list];
  if (before.includes(pod) === isListed) return undefined;
  const after = isListed ? [...before, pod] : before.filter((one) => one !== pod);
  return { ...cluster, spec: { ...cluster.spec, [list]: after } };
}
