// SPDX-License-Identifier: Apache-2.0
import { parseDocument } from 'yaml';
import {
  environmentName,
  nestValues,
  resolveOptions,
  type OptionLayer,
  type OptionProblem,
} from '@shortlink/common/options.ts';
import { normalize } from './normalize.ts';
import { environmentPrefix, options, type Config } from './options.ts';

export interface ConfigSources {
  /** Flags only: `--redirect.status 307` or `--redirect.status=307`. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The text of the YAML file, and its name for messages; undefined when there is none. */
  readonly file: { readonly name: string; readonly text: string } | undefined;
}

export type Loaded =
  | { readonly config: Config; readonly warnings: readonly string[] }
  | { readonly problems: readonly OptionProblem[] };

/** Flags win over variables, variables over the file, the file over defaults. All that is wrong is reported at once. */
export function loadConfig(sources: ConfigSources): Loaded {
  const problems: OptionProblem[] = [];
  const layers = [flagLayer(sources.argv, problems), environmentLayer(sources.env), fileLayer(sources.file, problems)];
  const resolved = resolveOptions(options, layers);
  problems.push(...resolved.problems);
  const normalized = normalize(resolved.values, new Set(problems.map((problem) => problem.option)));
  problems.push(...normalized.problems);
  if (problems.length > 0) return { problems };
  return {
    config: freezeDeep(nestValues(normalized.values)),
    warnings: [...strayVariables(sources.env), ...normalized.warnings],
  };
}

function flagLayer(argv: readonly string[], problems: OptionProblem[]): OptionLayer {
  const raw = new Map<string, unknown>();
  for (let i = 0; i < argv.length; i++) {
    const arg = argv[i] ?? '';
    const match = /^--([^=]+)(?:=([\s\S]*))?$/.exec(arg);
    const name = match?.[1];
    if (name === undefined) {
      problems.push({ option: arg, source: undefined, message: 'is not a flag; write --name value' });
      continue;
    }
    let value = match?.[2];
    if (value === undefined && argv[i + 1] !== undefined && argv[i + 1]?.startsWith('--') === false) value = argv[++i];
    if (value === undefined && !isSwitch(name)) {
      problems.push({ option: name, source: `--${name}`, message: 'needs a value' });
      continue;
    }
    if (raw.has(name)) problems.push({ option: name, source: `--${name}`, message: 'is given twice' });
    raw.set(name, value ?? 'true');
  }
  return { raw, source: (name) => `--${name}` };
}

function isSwitch(name: string): boolean {
  return Object.entries(options).some(([option, spec]) => option === name && spec.kind === 'bool');
}

/** The variable of an option. */
export function variableOf(name: string): string {
  return environmentName(environmentPrefix, name);
}

function environmentLayer(env: ConfigSources['env']): OptionLayer {
  const raw = new Map<string, unknown>();
  for (const name of Object.keys(options)) {
    const value = env[variableOf(name)];
    if (value !== undefined) raw.set(name, value);
  }
  return { raw, source: variableOf };
}

/** Variables of the command line's clients, which a node does not read. */
const clientVariables = new Set(['SHORTLINK_API', 'SHORTLINK_TOKEN', 'SHORTLINK_GRPC']);
/** Kubernetes gives every pod such variables for every Service, so a Service named shortlink-… must not be an error. */
const serviceLink = /_(?:SERVICE_HOST|SERVICE_PORT(?:_.+)?|PORT|PORT_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)$/;

function strayVariables(env: ConfigSources['env']): string[] {
  const known = new Set(Object.keys(options).map(variableOf));
  return Object.keys(env)
    .filter((name) => name.startsWith(`${environmentPrefix}_`) && !known.has(name))
    .filter((name) => !clientVariables.has(name) && !serviceLink.test(name))
    .map((name) => `the variable ${name} is not an option and is ignored`);
}

function fileLayer(file: ConfigSources['file'], problems: OptionProblem[]): OptionLayer {
  const raw = new Map<string, unknown>();
  const source = (name: string): string => `${file?.name ?? 'file'}: ${name}`;
  if (file === undefined) return { raw, source };
  const document = parseDocument(file.text, { prettyErrors: true });
  for (const error of document.errors) {
    problems.push({ option: file.name, source: undefined, message: error.message.split('\n')[0] ?? error.code });
  }
  if (document.errors.length > 0) return { raw, source };
  const tree: unknown = document.toJS({ maxAliasCount: 0 });
  if (tree === null || tree === undefined) return { raw, source };
  if (isMap(tree)) flatten(tree, '', raw);
  else problems.push({ option: file.name, source: undefined, message: 'is not a map of options' });
  return { raw, source };
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function flatten(tree: Record<string, unknown>, prefix: string, into: Map<string, unknown>): void {
  for (const [key, value] of Object.entries(tree)) {
    const name = prefix === '' ? key : `${prefix}.${key}`;
    if (isMap(value) && !Object.hasOwn(options, name)) flatten(value, name, into);
    // A key without a value is a heading whose options are commented out.
    else if (value !== null) into.set(name, value);
  }
}

function freezeDeep<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const child of Object.values(value)) freezeDeep(child);
  return Object.freeze(value);
}
