// SPDX-License-Identifier: Apache-2.0
import type { Command } from '@shortlink/common/cli/command.ts';
import { exitCodes } from '@shortlink/common/cli/exit-codes.ts';
import { flagLine, usageOf } from '@shortlink/common/cli/help.ts';
import type { Program } from '@shortlink/common/cli/program.ts';
import { shortlinkPlan } from '../../operator/src/cli/commands/plan.ts';
import { pluginProgram } from '../../operator/src/cli/program.ts';
import { shortlink } from '../../node/src/cli/commands.ts';
import { options } from '../../node/src/config/options.ts';
import { code, page, table } from './markdown.ts';

const intro =
  'Run it as `npx shortlink` from the root of the project. Results go to standard output, everything else to standard error; `--output json` gives what the API gave.';

const pluginIntro =
  'The plugin of kubectl: with `kubectl-shortlink` on the PATH (it lies in `node_modules/.bin` of the project), kubectl finds it. How to use it: [operations](../operations/kubectl-plugin.md). Results go to standard output, everything else to standard error.';

export function cliPage(): string {
  const commands = [...shortlink.commands, ...shortlinkPlan.commands];
  return programPage('Command line', 'node/src/cli', intro, { ...shortlink, commands });
}

/** Of the plugin of kubectl. */
export function pluginPage(): string {
  const program = pluginProgram(() => {
    throw new Error('a page is written without a Kubernetes');
  });
  return programPage('kubectl shortlink', 'operator/src/cli', pluginIntro, program);
}

function programPage(title: string, source: string, about: string, program: Program): string {
  const codes = Object.values(exitCodes).map((exit) => [String(exit.code), exit.meaning]);
  const sections = program.commands.map((command) => section(program.name, command));
  return page(title, source, [about, `## Exit codes\n\n${table(['code', 'meaning'], codes)}`, ...sections]);
}

function section(program: string, command: Command): string {
  const parts = [
    `## ${command.path.join(' ')}`,
    `${command.summary}.`,
    code(usageOf(program, command)),
    ...command.details,
  ];
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
