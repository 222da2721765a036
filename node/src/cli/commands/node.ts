// SPDX-License-Identifier: Apache-2.0
import { options } from '../../config/options.ts';
import type { Command } from '@shortlink/common/cli/command.ts';
import { endWithLauncher } from '../launcher.ts';
import { configFlag, readNodeFlags } from '../node-config.ts';

const ownFlags = {
  config: configFlag,
  check: { kind: 'bool', default: false, help: 'Only say whether the configuration is valid.' },
} as const;

/** Runs one storage node in the foreground. Its flags are the options, so it reads them by itself. */
export const nodeCommand: Command = {
  path: ['node'],
  summary: 'Run one storage node in the foreground',
  details: [
    'Options come from flags, then SHORTLINK_* variables, then the file, then their defaults; docs/reference/configuration.md lists them. SIGTERM ends the node in order: it stops taking requests, hands its leaderships over, and closes its store.',
  ],
  args: [],
  flags: { ...ownFlags, ...options },
  invoke: async (argv, io) => {
    const { flags, config } = readNodeFlags(ownFlags, argv, io);
    if (flags.check) {
      io.out('the configuration is valid');
      return;
    }
    endWithLauncher(io);
    const { runNode } = await import('../../main.ts');
    await runNode(config);
  },
};
