// SPDX-License-Identifier: Apache-2.0
import { progressBar } from '../harness/progress-bar.ts';
import { whyNoS3Servers } from '../harness/s3-server.ts';
import { parseCommandLine, usage, type BoundedFlags } from './options.ts';
import { isGood, renderReport } from './report.ts';
import { runBounded } from './run-bounded.ts';

const exitUsage = 2;

async function run(flags: BoundedFlags): Promise<number> {
  const why = whyNoS3Servers();
  if (why !== undefined) {
    console.error(`load:bounded: ${why}`);
    return exitUsage;
  }
  const stops: (() => Promise<void>)[] = [];
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(name, () => void Promise.all(stops.map(async (stop) => stop())).then(() => process.exit(1)));
  }
  const report = await runBounded(flags, {
    progress: progressBar(),
    note: (text) => console.error(`load:bounded: ${text}`),
    onStarted: (stop) => void stops.push(stop),
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
