// SPDX-License-Identifier: Apache-2.0
import { parseFlags } from '../flags.ts';
import {
  environmentName,
  environmentPrefix,
  formatProblem,
  resolveOptions,
  type OptionLayer,
  type OptionProblem,
  type OptionTable,
  type RawValues,
} from '../options.ts';
import { CliError } from './exit-codes.ts';
import type { Io } from './io.ts';

export interface ArgumentSpec {
  readonly name: string;
  readonly help: string;
  readonly optional?: true;
}

type Arguments<A extends readonly ArgumentSpec[]> = {
  readonly [S in A[number] as S['name']]: S extends { optional: true } ? string | undefined : string;
};

export interface Invocation<F extends OptionTable, A extends readonly ArgumentSpec[]> {
  readonly flags: RawValues<F>;
  readonly args: Arguments<A>;
  readonly io: Io;
}

/** What help and the reference page say about a command, and how it runs. */
export interface Command {
  /** Words after the name of the program. */
  readonly path: readonly string[];
  readonly summary: string;
  /** Paragraphs below the summary. */
  readonly details: readonly string[];
  readonly args: readonly ArgumentSpec[];
  readonly flags: OptionTable;
  readonly invoke: (argv: readonly string[], io: Io) => Promise<void>;
}

interface CommandSpec<F extends OptionTable, A extends readonly ArgumentSpec[]> {
  readonly path: readonly string[];
  readonly summary: string;
  readonly details?: readonly string[];
  readonly args: A;
  readonly flags: F;
  /** @throws CliError */
  readonly run: (invocation: Invocation<F, A>) => Promise<void>;
}

/** Flags that may also be given as variables, so that a secret need not show in the list of processes. */
export const flagVariables = ['api', 'token', 'grpc'] as const;

/** A command whose flags and arguments are read and checked before it runs. */
export function command<const F extends OptionTable, const A extends readonly ArgumentSpec[]>(
  spec: CommandSpec<F, A>,
): Command {
  return {
    path: spec.path,
    summary: spec.summary,
    details: spec.details ?? [],
    args: spec.args,
    flags: spec.flags,
    invoke: (argv, io) => {
      const parsed = parseFlags(spec.flags, argv);
      const resolved = resolveOptions(spec.flags, [parsed.layer, variableLayer(spec.flags, io.env)]);
      const wrong = [...parsed.problems, ...resolved.problems].map(flagProblem);
      wrong.push(...argumentProblems(spec.args, parsed.positionals));
      if (wrong.length > 0) throw new CliError('usage', wrong.join('\n'));
      const args = Object.fromEntries(spec.args.map((arg, i) => [arg.name, parsed.positionals[i]]));
      return spec.run({ flags: resolved.values, args: args as Arguments<A>, io });
    },
  };
}

/** The problem of an option that is a flag. */
export function flagProblem(problem: OptionProblem): string {
  return formatProblem({ ...problem, option: `--${problem.option}` });
}

function variableLayer(flags: OptionTable, env: Io['env']): OptionLayer {
  const source = (name: string): string => environmentName(environmentPrefix, name);
  const raw = new Map<string, unknown>();
  for (const name of flagVariables) {
    const value = env[source(name)];
    if (value !== undefined && Object.hasOwn(flags, name)) raw.set(name, value);
  }
  return { raw, source };
}

function argumentProblems(specs: readonly ArgumentSpec[], given: readonly string[]): string[] {
  const missing = specs.slice(given.length).filter((spec) => spec.optional !== true);
  const extra = given.slice(specs.length);
  return [
    ...missing.map((spec) => `${spec.name.toUpperCase()} is missing: ${spec.help}`),
    ...extra.map((text) => `${JSON.stringify(text)} is one argument too many`),
  ];
}
