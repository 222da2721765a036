// SPDX-License-Identifier: Apache-2.0
import { commands } from '../../node/src/cli/commands.ts';
import type { Command } from '../../node/src/cli/command.ts';
import { exitCodes } from '../../node/src/cli/exit-codes.ts';
import { flagLine, usageOf } from '../../node/src/cli/help.ts';
import { options } from '../../node/src/config/options.ts';
import { code, page, table } from './markdown.ts';

const intro =
  'Run it as `npx shortlink` from the root of the project. Results go to standard output, everything else to standard error; `--output json` gives what the API gave.';

export function cliPage(): string {
  const codes = Object.values(exitCodes).map((exit) => [String(exit.code), exit.meaning]);
  const sections = commands.map(section);
  return page('Command line', 'node/src/cli', [
    intro,
    `## Exit codes\n\n${table(['code', 'meaning'], codes)}`,
    ...sections,
  ]);
}

function section(command: Command): string {
  const parts = [`## ${command.path.join(' ')}`, `${command.summary}.`, code(usageOf(command)), ...command.details];
  const args = command.args.map((arg) => [code(arg.name.toUpperCase()), arg.help]);
  const flags = Object.entries(command.flags)
    .filter(([name]) => !Object.hasOwn(options, name))
    .map(([name, spec]) => flagLine(name, spec))
    .map(([left, right]) => [code(left), right]);
  if (args.length > 0) parts.push(table(['argument', 'meaning'], args));
  if (flags.length > 0) parts.push(table(['flag', 'meaning'], flags));
  if (Object.keys(command.flags).some((name) => Object.hasOwn(options, name))) {
    parts.push('Every option of [the configuration](configuration.md) is a flag too.');
  }
  return parts.join('\n\n');
}
