// SPDX-License-Identifier: Apache-2.0
// The plugin of kubectl: `kubectl shortlink …`.
import { ioOf } from '@shortlink/common/cli/io.ts';
import { runProgram } from '@shortlink/common/cli/run.ts';
import { pluginProgram } from './cli/program.ts';
import { connectSession } from './user-session.ts';

process.exitCode = await runProgram(pluginProgram(connectSession), process.argv.slice(2), ioOf(process));
