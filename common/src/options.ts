// SPDX-License-Identifier: Apache-2.0
import { parseOption, type OptionSpec, type OptionValue } from './option-values.ts';

/** Options by dotted name. Flags, variables, file keys, help and the reference page all follow from one such table. */
export type OptionTable = Readonly<Record<string, OptionSpec>>;

type ValueOf<S extends OptionSpec> = S extends { kind: 'enum'; values: readonly (infer V)[] }
  ? V
  : S extends { kind: 'bool' }
    ? boolean
    : S extends { kind: 'list' }
      ? readonly string[]
      : S extends { kind: 'string' }
        ? string
        : number;

type IsSet<S extends OptionSpec> = S extends { default: OptionValue } | { required: true } ? true : false;

/** What the sources say, by name: a derived option may still be missing. */
export type RawValues<T extends OptionTable> = {
  readonly [K in keyof T]: IsSet<T[K]> extends true ? ValueOf<T[K]> : ValueOf<T[K]> | undefined;
};

/** Every value, by name, after the derived ones are filled in. */
export type Values<T extends OptionTable> = {
  readonly [K in keyof T]: T[K] extends { derived: string } ? ValueOf<T[K]> : RawValues<T>[K];
};

type Head<K> = K extends `${infer H}.${string}` ? H : K;
type Tail<F, H extends string> = { readonly [K in keyof F as K extends `${H}.${infer R}` ? R : never]: F[K] };

/** Values by dotted name as nested objects: `a.b.c` becomes `.a.b.c`. */
export type Nested<F> = {
  readonly [H in Head<keyof F> & string]: H extends keyof F ? F[H] : Nested<Tail<F, H>>;
};

export interface OptionProblem {
  /** Dotted name, or the name as it was given when there is no such option. */
  readonly option: string;
  /** Where the value came from; undefined when it came from nowhere. */
  readonly source: string | undefined;
  readonly message: string;
}

/** One place that values come from. */
export interface OptionLayer {
  /** Raw values by dotted name; names that the table lacks are problems. */
  readonly raw: ReadonlyMap<string, unknown>;
  /** Where exactly one value came from, for messages: `--log.level`, `SHORTLINK_LOG_LEVEL`. */
  readonly source: (name: string) => string;
}

export interface Resolved<T extends OptionTable> {
  /** Complete only when there are no problems. */
  readonly values: RawValues<T>;
  readonly problems: readonly OptionProblem[];
  /** Names that a layer gave, as opposed to defaults. */
  readonly given: ReadonlySet<string>;
}

/** Reads every option from the first layer that has it, else its default, and collects all that is wrong. */
export function resolveOptions<T extends OptionTable>(table: T, layers: readonly OptionLayer[]): Resolved<T> {
  const values: Record<string, OptionValue | undefined> = {};
  const problems: OptionProblem[] = [];
  const given = new Set<string>();
  for (const layer of layers) {
    for (const name of layer.raw.keys()) {
      if (!Object.hasOwn(table, name)) problems.push(unknownOption(table, name, layer.source(name)));
    }
  }
  for (const [name, spec] of Object.entries(table)) {
    const layer = layers.find((one) => one.raw.has(name));
    values[name] = spec.default;
    if (layer === undefined) {
      if (spec.required === true) problems.push({ option: name, source: undefined, message: 'is required' });
      continue;
    }
    given.add(name);
    const parsed = parseOption(spec, layer.raw.get(name));
    if ('value' in parsed) values[name] = parsed.value;
    else problems.push({ option: name, source: layer.source(name), message: parsed.problem });
  }
  return { values: values as RawValues<T>, problems, given };
}

function unknownOption(table: OptionTable, name: string, source: string): OptionProblem {
  const near = nearest(name, Object.keys(table));
  const hint = near === undefined ? '' : `; did you mean ${near}?`;
  return { option: name, source, message: `is not an option${hint}` };
}

/** The name that is likely meant: at most a third of it mistyped. */
export function nearest(name: string, names: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.floor(name.length / 3) + 1;
  for (const candidate of names) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance >= bestDistance) continue;
    best = candidate;
    bestDistance = distance;
  }
  return best;
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitute = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(substitute, (previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
    previous = row;
  }
  return previous[b.length] ?? 0;
}

/** @see Nested */
export function nestValues<F extends Readonly<Record<string, OptionValue | undefined>>>(flat: F): Nested<F> {
  const root: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(flat)) {
    const path = name.split('.');
    const last = path.pop() ?? name;
    let at = root;
    for (const part of path) at = branch(at, part);
    at[last] = value;
  }
  return root as Nested<F>;
}

function branch(at: Record<string, unknown>, part: string): Record<string, unknown> {
  const existing = at[part];
  if (typeof existing === 'object' && existing !== null) return existing as Record<string, unknown>;
  const created: Record<string, unknown> = {};
  at[part] = created;
  return created;
}

/** Of the variables of nodes and of their command line. */
export const environmentPrefix = 'SHORTLINK';

/** `redirect.maxAgeSeconds` becomes `PREFIX_REDIRECT_MAX_AGE_SECONDS`. */
export function environmentName(prefix: string, name: string): string {
  const words = name.replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2').replaceAll('.', '_');
  return `${prefix}_${words.toUpperCase()}`;
}

export function formatProblem(problem: OptionProblem): string {
  const from = problem.source === undefined || problem.source === problem.option ? '' : ` (from ${problem.source})`;
  return `${problem.option}${from}: ${problem.message}`;
}
