// SPDX-License-Identifier: Apache-2.0
import { runHistoryChecker } from './cli.ts';

process.exitCode = runHistoryChecker(process.argv.slice(2), {
  out: (line) => process.stdout.write(`${line}\n`),
  err: (line) => process.stderr.write(`${line}\n`),
});
