// SPDX-License-Identifier: Apache-2.0
import { command } from '@shortlink/common/cli/command.ts';
import { CliError } from '@shortlink/common/cli/exit-codes.ts';
import type { Program } from '@shortlink/common/cli/program.ts';
import { storedCluster } from '../../crd/read-cluster.ts';
import type { ShortLinkCluster } from '../../crd/shortlink-cluster.gen.ts';
import { clusters } from '../../reconcile/watched.ts';
import { readClusterFile } from '../cluster-file.ts';
import { findCluster } from '../find-cluster.ts';
import { clusterArgument, kubeFlags, outputFlags } from '../flags.ts';
import { planFromNothing, planLive } from '../look-live.ts';
import { planJson, planText } from '../plan-text.ts';
import { printResult } from '../print.ts';
import { withSession, type Connect, type Session } from '../session.ts';

const summary = 'Show what the operator would do, in order, each step with its reason and what must hold';
const order =
  'It is the planner of the operator. The operator does the first step, looks again and plans anew, so that later steps are as they can be foreseen now.';
const rules =
  'Rules in CEL are known to the API server only: kubectl apply --dry-run=server -f FILE tells whether it accepts the file.';

/** `shortlink plan`: no Kubernetes is asked. */
const filePlanCommand = command({
  path: ['plan'],
  summary,
  details: [
    'The plan for a cluster that is not there yet: what would be made from nothing. kubectl shortlink plan compares with what there is.',
    order,
    rules,
  ],
  args: [],
  flags: {
    file: {
      kind: 'string',
      required: true,
      path: true,
      short: 'f',
      help: 'File with a ShortLinkCluster; - is standard input.',
    },
    ...outputFlags,
  },
  run: ({ flags, io }) => {
    const cluster = readClusterFile(flags.file);
    const plan = planJson(cluster.metadata.name, planFromNothing(cluster), []);
    printResult(io, flags.output, plan, () => planText(plan));
    return Promise.resolve();
  },
});

/** The part of the command line `shortlink` that needs the operator's planner. */
export const shortlinkPlan: Program = {
  name: 'shortlink',
  headline: 'shortlink plan — what the operator would do.',
  commands: [filePlanCommand],
};

export const planCommand = (connect: Connect) =>
  command({
    path: ['plan'],
    summary,
    details: [
      'Without a file: for the cluster as it is. With one: what would change if that file were applied, or be made from nothing where there is no such cluster.',
      order,
      rules,
    ],
    args: [clusterArgument],
    flags: {
      file: { kind: 'string', path: true, short: 'f', help: 'File with a ShortLinkCluster; - is standard input.' },
      ...kubeFlags,
      ...outputFlags,
    },
    run: async ({ flags, args, io }) => {
      const { file } = flags;
      if (file !== undefined && args.cluster !== undefined)
        throw new CliError('usage', 'give the name of a cluster or a file, not both');
      const written = file === undefined ? undefined : readClusterFile(file);
      const plan = await withSession(connect, namespaceOf(flags, written), async (session, signal) => {
        return written === undefined
          ? planOfLive(session, await findCluster(session, args.cluster, signal), signal)
          : planOfFile(session, written, signal);
      });
      printResult(io, flags.output, plan, () => planText(plan));
    },
  });

/** The file names its namespace, as in kubectl apply. */
function namespaceOf<F extends { readonly namespace: string | undefined }>(
  flags: F,
  written: ShortLinkCluster | undefined,
): F {
  const own = written?.metadata.namespace;
  if (own !== undefined && flags.namespace !== undefined && own !== flags.namespace)
    throw new CliError('usage', `the file is for namespace ${own}, and --namespace says ${flags.namespace}`);
  return { ...flags, namespace: flags.namespace ?? own };
}

async function planOfLive(session: Session, cluster: ShortLinkCluster, signal: AbortSignal) {
  const { plan, warnings } = await planLive(session, cluster, signal);
  return planJson(`${cluster.metadata.namespace ?? ''}/${cluster.metadata.name}`, plan, warnings);
}

async function planOfFile(session: Session, written: ShortLinkCluster, signal: AbortSignal) {
  const { kube, namespace } = session;
  const { name, annotations } = written.metadata;
  const found = await kube.get(clusters, { namespace, name }, signal);
  if (found === undefined) {
    const fresh = { ...written, metadata: { ...written.metadata, namespace } };
    return planJson(`${namespace}/${name}`, planFromNothing(fresh), [`there is no ${name} yet: from nothing`]);
  }
  const live = storedCluster(found);
  const metadata = { ...live.metadata, annotations: { ...live.metadata.annotations, ...annotations } };
  return planOfLive(session, { ...live, metadata, spec: written.spec }, signal);
}
