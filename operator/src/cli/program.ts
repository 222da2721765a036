// SPDX-License-Identifier: Apache-2.0
import type { Program } from '@shortlink/common/cli/program.ts';
import { promoteCommand, transferCommand } from './commands/leaders.ts';
import { logsCommand } from './commands/logs.ts';
import { planCommand } from './commands/plan.ts';
import { reportCommand } from './commands/report.ts';
import { restartCommand } from './commands/restart.ts';
import { ringCommand } from './commands/ring.ts';
import { statusCommand } from './commands/status.ts';
import { uploadCommand } from './commands/upload.ts';
import { wishCommands } from './commands/wishes.ts';
import type { Connect } from './session.ts';

/** The plugin of kubectl. */
export function pluginProgram(connect: Connect): Program {
  return {
    name: 'kubectl shortlink',
    headline: 'kubectl shortlink — looks after ShortLinkClusters, with your own rights.',
    commands: [
      statusCommand(connect),
      planCommand(connect),
      uploadCommand(connect),
      ...wishCommands(connect),
      restartCommand(connect),
      ringCommand(connect),
      promoteCommand(connect),
      transferCommand(connect),
      logsCommand(connect),
      reportCommand(connect),
    ],
  };
}
