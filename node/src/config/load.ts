// SPDX-License-Identifier: Apache-2.0
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseDocument } from 'yaml';
import { parseFlags } from '@shortlink/common/flags.ts';
import type { OptionSpec, StringSpec } from '@shortlink/common/option-values.ts';
import {
  environmentName,
  environmentPrefix,
  nestValues,
  resolveOptions,
  type OptionLayer,
  type OptionProblem,
} from '@shortlink/common/options.ts';
import { normalize } from './normalize.ts';
import { options, type Config } from './options.ts';

export interface ConfigFile {
  /** For messages. */
  readonly name: string;
  /** Relative paths in the file are relative to this folder, so that a node's folder can be moved. */
  readonly folder: string;
  /** YAML. */
  readonly text: string;
}

export interface ConfigSources {
  /** Flags only: `--redirect.status 307` or `--redirect.status=307`. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly file: ConfigFile | undefined;
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
    warnings: strayVariables(sources.env),
  };
}

function flagLayer(argv: readonly string[], problems: OptionProblem[]): OptionLayer {
  const flags = parseFlags(options, argv);
  problems.push(...flags.problems);
  for (const arg of flags.positionals) {
    problems.push({ option: arg, source: undefined, message: 'is not a flag; write --name value' });
  }
  return flags.layer;
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
  for (const [name, value] of raw) {
    const spec = Object.entries<OptionSpec>(options).find(([option]) => option === name)?.[1];
    if (spec?.kind === 'string' && typeof value === 'string') raw.set(name, resolveInFile(spec, value, file.folder));
  }
  return { raw, source };
}

function resolveInFile(spec: StringSpec, value: string, folder: string): string {
  if (spec.path === true && value !== '') return resolve(folder, value);
  // With no slash behind the colon the URL is relative.
  const base = pathToFileURL(`${folder}/`).href;
  return spec.fileUrl === true && /^file:[^/]/.test(value) ? new URL(value, base).href : value;
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
