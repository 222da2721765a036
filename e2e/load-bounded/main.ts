// SPDX-License-Identifier: Apache-2.0
import { runLoadCommand } from '../harness/load-command.ts';
import { whyNoS3Servers } from '../harness/s3-server.ts';
import { parseCommandLine, usage } from './options.ts';
import { isGood, renderReport } from './report.ts';
import { runBounded } from './run-bounded.ts';

await runLoadCommand({
  name: 'load:bounded',
  flags: parseCommandLine(process.argv.slice(2)),
  usage,
  whyNot: whyNoS3Servers,
  run: runBounded,
  render: renderReport,
  isGood,
});
