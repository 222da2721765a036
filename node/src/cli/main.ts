// SPDX-License-Identifier: Apache-2.0
import { commands } from './commands.ts';
import { processIo } from './io.ts';
import { runCommand } from './run.ts';

process.exitCode = await runCommand(commands, process.argv.slice(2), processIo);
