// SPDX-License-Identifier: Apache-2.0
import { command } from '@shortlink/common/cli/command.ts';
import { CliError } from '@shortlink/common/cli/exit-codes.ts';
import { nodeContainer } from '../../desired/names.ts';
import type { LogOptions } from '../../ports/pod-access.ts';
import { KubeError } from '../../ports/kube-api.ts';
import { findCluster } from '../find-cluster.ts';
import { clusterArgument, kubeFlags } from '../flags.ts';
import { readable, timeOf, type LogLine } from '../log-lines.ts';
import { podNamed } from '../node-names.ts';
import { podsOf } from '../pods-of.ts';
import { withSession, type Connect, type Session } from '../session.ts';

const msPerSecond = 1000;
const followMs = 86_400_000;

export const logsCommand = (connect: Connect) =>
  command({
    path: ['logs'],
    summary: 'Show what the nodes log, in the order of time, readable',
    details: ['With --output json the lines are as the nodes wrote them. --follow goes on until it is interrupted.'],
    args: [clusterArgument],
    flags: {
      node: { kind: 'string', help: 'Only of this node: name of its pod, its number, or its id.' },
      follow: { kind: 'bool', default: false, short: 'f', help: 'Go on with what comes.' },
      previous: { kind: 'bool', default: false, short: 'p', help: 'Of the processes before the last restart.' },
      tail: { kind: 'int', default: 100, min: 1, max: 1_000_000, help: 'Last lines of each node.' },
      since: { kind: 'durationMs', min: 1000, max: 31_536_000_000, help: 'Only of the last time: 10m.' },
      ...kubeFlags,
      output: { kind: 'enum', values: ['text', 'json'], default: 'text', short: 'o', help: 'Form of the lines.' },
    },
    run: async ({ flags, args, io }) => {
      const print = (line: LogLine): void => io.out(flags.output === 'json' ? line.text : readable(line));
      const { follow, previous, tail, since } = flags;
      const options: LogOptions = {
        container: nodeContainer,
        follow,
        previous,
        tailLines: tail,
        ...(since === undefined ? {} : { sinceSeconds: Math.ceil(since / msPerSecond) }),
      };
      const limits = { ...flags, timeout: follow ? followMs : flags.timeout };
      await withSession(connect, limits, async (session, signal) => {
        const cluster = await findCluster(session, args.cluster, signal);
        const pods = await podsOf(session, cluster, signal);
        if (pods === undefined) throw new CliError('failed', `you may not list the pods of ${cluster.metadata.name}`);
        const only = flags.node === undefined ? undefined : podNamed(cluster, flags.node);
        const names = pods.map(({ metadata }) => metadata.name).filter((name) => only === undefined || name === only);
        if (names.length === 0)
          throw new CliError('notFound', `there is no pod ${only ?? `of ${cluster.metadata.name}`}`);
        const namespace = cluster.metadata.namespace ?? session.namespace;
        const read = { session, namespace, names, options };
        if (follow) await followLogs(read, print, signal);
        else for (const line of await readLogs(read, (text) => io.err(text), signal)) print(line);
      });
    },
  });

interface Read {
  readonly session: Session;
  readonly namespace: string;
  readonly names: readonly string[];
  readonly options: LogOptions;
}

/** Of all pods, by time; lines without one stay behind the line before them. */
async function readLogs(
  { session, namespace, names, options }: Read,
  complain: (text: string) => void,
  signal: AbortSignal,
): Promise<readonly LogLine[]> {
  const all = await Promise.all(
    names.map(async (pod) => {
      const lines: { readonly line: LogLine; readonly time: string }[] = [];
      try {
        for await (const text of session.pods.logs({ namespace, name: pod }, options, signal)) {
          const line = { pod, text };
          const time = timeOf(line);
          lines.push({ line, time: time === '' ? (lines.at(-1)?.time ?? '') : time });
        }
      } catch (error) {
        // A container that has not started, or was never restarted.
        if (!(error instanceof KubeError) || error.status !== 400) throw error;
        complain(`${pod}: ${error.message}`);
      }
      return lines;
    }),
  );
  return all
    .flat()
    .toSorted((a, b) => (a.time < b.time ? -1 : Number(a.time > b.time)))
    .map(({ line }) => line);
}

async function followLogs(
  { session, namespace, names, options }: Read,
  print: (line: LogLine) => void,
  signal: AbortSignal,
): Promise<void> {
  await Promise.all(
    names.map(async (pod) => {
      for await (const text of session.pods.logs({ namespace, name: pod }, options, signal)) print({ pod, text });
    }),
  );
}
