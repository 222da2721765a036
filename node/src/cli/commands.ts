// SPDX-License-Identifier: Apache-2.0
import type { Command } from './command.ts';
import { devCommand } from './commands/dev.ts';
import { nodeCommand } from './commands/node.ts';

/** Every command, in the order of the overview. */
export const commands: readonly Command[] = [nodeCommand, devCommand];
