// SPDX-License-Identifier: Apache-2.0
import { progressBar } from '../harness/progress-bar.ts';
import type { LocalCluster } from './cluster/local-cluster.ts';
import { parseCommandLine, usage } from './options.ts';
import { isGood, renderReport } from './report/load-report.ts';
import { runLoad } from './run-load.ts';

const exitUsage = 2;

async function run(flags: Exclude<ReturnType<typeof parseCommandLine>, string>): Promise<number> {
  let cluster: LocalCluster | undefined;
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(name, () => void Promise.resolve(cluster?.stop()).then(() => process.exit(1)));
  }
  const progress = progressBar();
  const report = await runLoad(flags, {
    progress,
    note: (text) => console.error(`load:real: ${text}`),
    onCluster: (started) => (cluster = started),
  });
  if (process.stderr.isTTY) process.stderr.write('\r\u001B[2K');
  console.log(flags.output === 'json' ? JSON.stringify(report, undefined, 2) : renderReport(report));
  return isGood(report) ? 0 : 1;
}

const flags = parseCommandLine(process.argv.slice(2));
if (typeof flags === 'string') {
  console.error(`${flags}\n\n${usage()}`);
  process.exitCode = exitUsage;
} else if (flags.help) {
  console.log(usage());
} else {
  process.exitCode = await run(flags);
}
