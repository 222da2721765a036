// SPDX-License-Identifier: Apache-2.0
import { ioOf } from '@shortlink/common/cli/io.ts';
import { runProgram } from '@shortlink/common/cli/run.ts';
import { shortlink } from './commands.ts';

process.exitCode = await runProgram(shortlink, process.argv.slice(2), ioOf(process));
