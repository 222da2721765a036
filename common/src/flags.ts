// SPDX-License-Identifier: Apache-2.0
import type { OptionLayer, OptionProblem, OptionTable } from './options.ts';

export interface ParsedFlags {
  readonly layer: OptionLayer;
  /** Arguments that are not flags, in their order; all of them after `--`. */
  readonly positionals: readonly string[];
  readonly problems: readonly OptionProblem[];
}

/**
 * Reads `--name value`, `--name=value`, and `--name` alone for switches. Lists may be given several times. Options with a letter
 * are also read as `-n value`, `-n=value` and `-nvalue`.
 */
export function parseFlags(table: OptionTable, argv: readonly string[]): ParsedFlags {
  const raw = new Map<string, unknown>();
  const positionals: string[] = [];
  const problems: OptionProblem[] = [];
  for (let i = 0; i < argv.length; i++) {
    const arg = argv[i] ?? '';
    if (arg === '--') {
      positionals.push(...argv.slice(i + 1));
      break;
    }
    const flag = flagOf(table, arg);
    if (flag === undefined) {
      positionals.push(arg);
      continue;
    }
    const { name } = flag;
    const next = argv[i + 1];
    let { value } = flag;
    const isSwitch = kindOf(table, name) === 'bool';
    if (value === undefined && next !== undefined && (isSwitch ? isBool(next) : !next.startsWith('--'))) {
      value = next;
      i++;
    }
    if (value === undefined && isSwitch) value = 'true';
    if (value === undefined && Object.hasOwn(table, name)) problems.push(problem(name, 'needs a value'));
    else add({ table, raw, problems }, name, value);
  }
  return { layer: { raw, source: (name) => `--${name}` }, positionals, problems };
}

interface Flag {
  readonly name: string;
  /** Undefined: it may follow as an argument of its own. */
  readonly value: string | undefined;
}

/** Undefined for an argument that is no flag. */
function flagOf(table: OptionTable, arg: string): Flag | undefined {
  const [, long, value] = /^--([^=]+)(?:=([\s\S]*))?$/.exec(arg) ?? [];
  if (long !== undefined) return { name: long, value };
  const [, letter, rest = ''] = /^-([A-Za-z])([\s\S]*)$/.exec(arg) ?? [];
  const name = Object.keys(table).find((one) => letter !== undefined && table[one]?.short === letter);
  if (name === undefined) return undefined;
  return { name, value: rest === '' ? undefined : rest.replace(/^=/, '') };
}

interface Sink {
  readonly table: OptionTable;
  readonly raw: Map<string, unknown>;
  readonly problems: OptionProblem[];
}

function add(sink: Sink, name: string, value: string | undefined): void {
  const before = sink.raw.get(name);
  if (kindOf(sink.table, name) === 'list' && before !== undefined) {
    sink.raw.set(name, Array.isArray(before) ? [...before, value] : [before, value]);
    return;
  }
  if (before !== undefined) sink.problems.push(problem(name, 'is given twice'));
  sink.raw.set(name, value);
}

function kindOf(table: OptionTable, name: string): string | undefined {
  return Object.hasOwn(table, name) ? table[name]?.kind : undefined;
}

function isBool(text: string): boolean {
  return text === 'true' || text === 'false';
}

function problem(name: string, message: string): OptionProblem {
  return { option: name, source: `--${name}`, message };
}
