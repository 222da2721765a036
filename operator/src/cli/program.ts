// SPDX-License-Identifier: Apache-2.0
import type { Program } from '@shortlink/common/cli/program.ts';
import { planCommand } from './commands/plan.ts';
import { statusCommand } from './commands/status.ts';
import type { Connect } from './session.ts';

/** The plugin of kubectl. */
export function pluginProgram(connect: Connect): Program {
  return {
    name: 'kubectl shortlink',
    headline: 'kubectl shortlink — looks after ShortLinkClusters, with your own rights.',
    commands: [statusCommand(connect), planCommand(connect)],
  };
}
