// SPDX-License-Identifier: Apache-2.0
import { describeDefault, type OptionSpec } from '../option-values.ts';
import { environmentName, environmentPrefix } from '../options.ts';
import { flagVariables, type Command } from './command.ts';
import { exitCodes } from './exit-codes.ts';
import type { Program } from './program.ts';
import { renderTable } from './table.ts';

/** `shortlink link get CODE [--flags]` */
export function usageOf(program: string, command: Command): string {
  const args = command.args.map((arg) => {
    const name = arg.name.toUpperCase();
    return arg.optional === true ? `[${name}]` : name;
  });
  const flags = Object.keys(command.flags).length === 0 ? [] : ['[--flags]'];
  return [program, ...command.path, ...args, ...flags].join(' ');
}

/** `--limit  rows at most (default 100)` split in two. */
export function flagLine(name: string, spec: OptionSpec): readonly [string, string] {
  const variable = flagVariables.some((one) => one === name)
    ? `, variable ${environmentName(environmentPrefix, name)}`
    : '';
  const fallback = describeDefault(spec);
  const note = fallback === 'none' || fallback === 'empty' || spec.kind === 'bool' ? '' : ` (${defaultNote(fallback)})`;
  const value = spec.kind === 'bool' ? '' : ` ${valueName(spec)}`;
  const short = spec.short === undefined ? '' : `-${spec.short}, `;
  return [`${short}--${name}${value}`, `${spec.help}${note}${variable}`];
}

function defaultNote(fallback: string): string {
  return fallback === 'required' ? fallback : `default ${fallback}`;
}

function valueName(spec: OptionSpec): string {
  if (spec.kind === 'enum') return spec.values.join('|');
  if (spec.unit !== undefined) return spec.unit;
  if (spec.kind === 'string' && spec.path === true) return 'PATH';
  return { string: 'TEXT', int: 'N', durationMs: 'TIME', bytes: 'SIZE', bool: '', list: 'A,B' }[spec.kind];
}

export function helpOf(program: string, command: Command): string {
  const parts = [`${command.summary}.`, `usage: ${usageOf(program, command)}`, ...command.details];
  const args = command.args.map((arg) => [`  ${arg.name.toUpperCase()}`, arg.help]);
  if (args.length > 0) parts.push(aligned(args));
  const flags = Object.entries(command.flags).map(([name, spec]) => flagLine(name, spec));
  if (flags.length > 0) parts.push(aligned(flags.map(([left, right]) => [`  ${left}`, right])));
  return parts.join('\n\n');
}

export function overview({ name, headline, commands, elsewhere = [] }: Program): string {
  const lines = commands.map((command) => [
    `  ${usageOf(name, command)
      .replace(' [--flags]', '')
      .slice(name.length + 1)}`,
    command.summary,
  ]);
  lines.push(...elsewhere.map(({ path, summary }) => [`  ${path.join(' ')}`, summary]));
  const codes = Object.values(exitCodes).map(({ code, meaning }) => [`  ${code}`, meaning]);
  return [
    headline,
    `usage: ${name} COMMAND [--flags]; ${name} COMMAND --help tells the rest`,
    aligned(lines),
    `exit codes\n${aligned(codes)}`,
  ].join('\n\n');
}

function aligned(rows: readonly (readonly string[])[]): string {
  return renderTable(['', ''], rows).split('\n').slice(1).join('\n');
}
