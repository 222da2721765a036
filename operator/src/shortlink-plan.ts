// SPDX-License-Identifier: Apache-2.0
// `shortlink plan`: the launcher of the command line (node/bin/shortlink) hands that command over, since planning is the operator's.
import { ioOf } from '@shortlink/common/cli/io.ts';
import { runProgram } from '@shortlink/common/cli/run.ts';
import { shortlinkPlan } from './cli/commands/plan.ts';

process.exitCode = await runProgram(shortlinkPlan, process.argv.slice(2), ioOf(process));
