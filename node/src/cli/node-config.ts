// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parseFlags } from '@shortlink/common/flags.ts';
import { formatProblem, resolveOptions, type OptionTable, type RawValues } from '@shortlink/common/options.ts';
import { loadConfig, type ConfigFile } from '../config/load.ts';
import { options, type Config } from '../config/options.ts';
import { flagProblem } from '@shortlink/common/cli/command.ts';
import { CliError } from '@shortlink/common/cli/exit-codes.ts';
import type { Io } from '@shortlink/common/cli/io.ts';

/** The file of options, for commands that take those of a node. */
export const configFlag = { kind: 'string', path: true, help: 'YAML file of options.' } as const;

/**
 * The flags of a command whose other flags are the options of a node. @throws CliError that names every problem
 */
export function readNodeFlags<T extends OptionTable & { readonly config: typeof configFlag }>(
  own: T,
  argv: readonly string[],
  io: Io,
): { readonly flags: RawValues<T>; readonly config: Config } {
  const parsed = parseFlags({ ...own, ...options }, argv);
  const given = [...parsed.layer.raw];
  const raw = new Map(given.filter(([name]) => Object.hasOwn(own, name)));
  const resolved = resolveOptions(own, [{ raw, source: parsed.layer.source }]);
  const problems = [...parsed.problems, ...resolved.problems].map(flagProblem);
  problems.push(...parsed.positionals.map((text) => `${JSON.stringify(text)} is not a flag; write --name value`));
  if (problems.length > 0) throw new CliError('usage', problems.join('\n'));
  const file = raw.get('config');
  const rest = given.filter(([name]) => !raw.has(name)).flatMap(([name, value]) => flagsOf(name, value));
  const sources = { argv: rest, env: io.env, file: readConfigFile(typeof file === 'string' ? file : undefined) };
  return { flags: resolved.values, config: configOrThrow(sources, io) };
}

/** @throws CliError that names every problem. Warnings go to standard error. */
export function configOrThrow(sources: Parameters<typeof loadConfig>[0], io: Io): Config {
  const loaded = loadConfig(sources);
  if ('problems' in loaded) throw new CliError('usage', loaded.problems.map(formatProblem).join('\n'));
  for (const warning of loaded.warnings) io.err(`shortlink: ${warning}`);
  return loaded.config;
}

/** @throws CliError */
export function readConfigFile(name: string | undefined): ConfigFile | undefined {
  if (name === undefined) return undefined;
  try {
    return { name, folder: dirname(resolve(name)), text: readFileSync(name, 'utf8') };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CliError('usage', `the configuration cannot be read: ${reason}`, { cause });
  }
}

function flagsOf(name: string, value: unknown): string[] {
  const items: unknown[] = Array.isArray(value) ? value : [value];
  return items.map((item) => (typeof item === 'string' ? `--${name}=${item}` : `--${name}`));
}
