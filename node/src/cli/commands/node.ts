// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { formatProblem } from '@shortlink/common/options.ts';
import { parseFlags } from '@shortlink/common/flags.ts';
import { loadConfig, type ConfigFile } from '../../config/load.ts';
import { options, type Config } from '../../config/options.ts';
import { flagProblem, type Command } from '../command.ts';
import { CliError } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { endWithLauncher } from '../launcher.ts';

const ownFlags = {
  config: { kind: 'string', path: true, help: 'YAML file of options.' },
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
    const { file, checkOnly, rest } = splitOwnFlags(argv);
    const config = configOrThrow({ argv: rest, env: io.env, file: readConfigFile(file) }, io);
    if (checkOnly) {
      io.out('the configuration is valid');
      return;
    }
    endWithLauncher(io);
    const { runNode } = await import('../../main.ts');
    await runNode(config);
  },
};

/** @throws CliError that names every problem. Warnings go to standard error. */
export function configOrThrow(sources: Parameters<typeof loadConfig>[0], io: Io): Config {
  const loaded = loadConfig(sources);
  if ('problems' in loaded) throw new CliError('usage', loaded.problems.map(formatProblem).join('\n'));
  for (const warning of loaded.warnings) io.err(`shortlink: ${warning}`);
  return loaded.config;
}

export function readConfigFile(name: string | undefined): ConfigFile | undefined {
  if (name === undefined) return undefined;
  try {
    return { name, folder: dirname(resolve(name)), text: readFileSync(name, 'utf8') };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CliError('usage', `the configuration cannot be read: ${reason}`, { cause });
  }
}

interface OwnFlags {
  readonly file: string | undefined;
  readonly checkOnly: boolean;
  /** Flags of options. */
  readonly rest: readonly string[];
}

function splitOwnFlags(argv: readonly string[]): OwnFlags {
  const parsed = parseFlags({ ...ownFlags, ...options }, argv);
  const file = parsed.layer.raw.get('config');
  const own = new Set(Object.keys(ownFlags));
  const rest = [...parsed.layer.raw]
    .filter(([name]) => !own.has(name))
    .flatMap(([name, value]) => flagsOf(name, value));
  const problems = parsed.problems.map(flagProblem);
  problems.push(...parsed.positionals.map((text) => `${JSON.stringify(text)} is not a flag; write --name value`));
  if (problems.length > 0) throw new CliError('usage', problems.join('\n'));
  return {
    file: typeof file === 'string' ? file : undefined,
    checkOnly: parsed.layer.raw.get('check') === 'true',
    rest,
  };
}

function flagsOf(name: string, value: unknown): string[] {
  const items: unknown[] = Array.isArray(value) ? value : [value];
  return items.map((item) => (typeof item === 'string' ? `--${name}=${item}` : `--${name}`));
}
