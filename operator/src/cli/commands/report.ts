// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { command } from '@shortlink/common/cli/command.ts';
import { CliError } from '@shortlink/common/cli/exit-codes.ts';
import { timeText } from '../../reconcile/time-text.ts';
import { findCluster } from '../find-cluster.ts';
import { clusterArgument, kubeFlags, outputFlags } from '../flags.ts';
import { printResult } from '../print.ts';
import { collectReport } from '../report/collect.ts';
import { tarGz } from '../report/tar.ts';
import { withSession, type Connect } from '../session.ts';

/** For nobody but who made it. */
const fileMode = 0o600;
const folderMode = 0o700;

export const reportCommand = (connect: Connect) =>
  command({
    path: ['report'],
    summary: 'Collect what helps to understand a cluster in one archive, without the value of any Secret',
    details: [
      'Objects, status, plan, events, what each node says of itself, and logs. Values of the Secrets that the cluster and its pods name are looked for in all of it and taken out, and so is what looks like a secret. What you may not read is noted and left out.',
    ],
    args: [clusterArgument],
    flags: {
      file: {
        kind: 'string',
        path: true,
        short: 'f',
        help: 'Where to write: an archive if it ends in .tar.gz or .tgz, else a new folder. By default an archive here, named after the cluster and the time.',
      },
      lines: { kind: 'int', default: 5000, min: 0, max: 1_000_000, help: 'Last lines of each log; 0: no logs.' },
      'operator-namespace': {
        kind: 'string',
        default: 'shortlink-system',
        help: 'Where the operator runs, for its log.',
      },
      ...kubeFlags,
      timeout: { ...kubeFlags.timeout, default: 300_000 },
      ...outputFlags,
    },
    run: async ({ flags, args, io }) => {
      const result = await withSession(connect, flags, async (session, signal) => {
        const cluster = await findCluster(session, args.cluster, signal);
        const { name, namespace = '' } = cluster.metadata;
        const nowMs = session.clock.nowMs();
        const usual = `shortlink-report-${namespace}-${name}-${timeText(nowMs).replaceAll(/[-:]/g, '')}.tar.gz`;
        const file = flags.file ?? usual;
        const logs = { lines: flags.lines, operatorNamespace: flags['operator-namespace'] };
        const { files, warnings } = await collectReport(session, cluster, logs, signal);
        write(file, files, nowMs);
        return { file, entries: [...files.keys()], warnings };
      });
      for (const warning of result.warnings) io.err(`left out: ${warning}`);
      printResult(
        io,
        flags.output,
        result,
        () => `${result.file}: ${result.entries.length} files; look it through before you send it`,
      );
    },
  });

function write(path: string, files: ReadonlyMap<string, string>, nowMs: number): void {
  try {
    if (/\.(?:tar\.gz|tgz)$/.test(path)) {
      writeFileSync(path, tarGz(files, nowMs), { mode: fileMode, flag: 'wx' });
      return;
    }
    mkdirSync(path, { mode: folderMode });
    for (const [name, text] of files) {
      const target = join(path, name);
      mkdirSync(dirname(target), { recursive: true, mode: folderMode });
      writeFileSync(target, text, { mode: fileMode, flag: 'wx' });
    }
  } catch (error) {
    throw new CliError('conflict', `the report cannot be written: ${String(error)}`, { cause: error });
  }
}
