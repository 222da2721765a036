// SPDX-License-Identifier: Apache-2.0
import { runCli } from './cli.ts';

process.exitCode = await runCli(process.argv.slice(2), (text) => process.stdout.write(text));
