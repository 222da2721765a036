// SPDX-License-Identifier: Apache-2.0
import { runLoadCommand } from '../harness/load-command.ts';
import { parseCommandLine, usage } from './options.ts';
import { isGood, renderReport } from './report/load-report.ts';
import { runLoad } from './run-load.ts';

await runLoadCommand({
  name: 'load:real',
  flags: parseCommandLine(process.argv.slice(2)),
  usage,
  run: runLoad,
  render: renderReport,
  isGood,
});
