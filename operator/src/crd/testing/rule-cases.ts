// SPDX-License-Identifier: Apache-2.0
import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parse } from 'yaml';
import { isFields, type Fields } from '../schema.ts';

/** An object that one rule of the CustomResourceDefinition is about: created, or, with `before`, changed into. */
export interface RuleCase {
  readonly name: string;
  /** Where the schema has the rule, as in `spec.storage`; empty for the object itself. */
  readonly rule: string;
  readonly message: string;
  readonly isAccepted: boolean;
  readonly before: Fields | undefined;
  readonly after: Fields;
}

/** Tells what is wrong with an object, in words that hold the messages of the rules that it breaks; empty: nothing. */
export type Judge = (before: Fields | undefined, after: Fields) => Promise<readonly string[]>;

/** As written in crds/fixtures/rules: patches (RFC 7396) of the least object. */
interface WrittenCases {
  readonly rule: string;
  readonly message: string;
  readonly before?: Fields;
  readonly accepted: readonly Fields[];
  readonly rejected: readonly Fields[];
}

export function readFixture(root: string, name: string): Fields {
  return parse(readFileSync(join(root, 'crds', 'fixtures', name), 'utf8')) as Fields;
}

export function readRuleCases(root: string): RuleCase[] {
  const base = readFixture(root, 'minimal.yaml');
  const files = globSync('crds/fixtures/rules/*.yaml', { cwd: root }).toSorted();
  return files.flatMap((file) => {
    const written = parse(readFileSync(join(root, file), 'utf8')) as readonly WrittenCases[];
    return written.flatMap((one) => casesOf(basename(file, '.yaml'), one, base));
  });
}

function casesOf(file: string, { rule, message, before, accepted, rejected }: WrittenCases, base: Fields): RuleCase[] {
  const caseOf = (patch: Fields, isAccepted: boolean): RuleCase => ({
    name: `${file}: ${JSON.stringify(patch)}${before === undefined ? '' : ` after ${JSON.stringify(before)}`}`,
    rule,
    message,
    isAccepted,
    before: before === undefined ? undefined : (merge(base, before) as Fields),
    after: merge(base, patch) as Fields,
  });
  return [...accepted.map((patch) => caseOf(patch, true)), ...rejected.map((patch) => caseOf(patch, false))];
}

function merge(target: unknown, patch: unknown): unknown {
  if (!isFields(patch)) return patch;
  const merged: Record<string, unknown> = isFields(target) ? { ...target } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) Reflect.deleteProperty(merged, name);
    else merged[name] = merge(merged[name], value);
  }
  return merged;
}

/** What a judge gets wrong about a case; undefined when it is right: a rejected object breaks its one rule and no other. */
export async function caseProblem(one: RuleCase, judge: Judge): Promise<string | undefined> {
  const verdicts = await judge(one.before, one.after);
  if (one.isAccepted) return verdicts.length === 0 ? undefined : `is rejected: ${verdicts.join('; ')}`;
  if (verdicts.length === 0) return `is accepted, though ${one.message}`;
  const [verdict = '', ...others] = verdicts;
  return others.length === 0 && verdict.includes(one.message)
    ? undefined
    : `is rejected for another reason: ${verdicts.join('; ')}`;
}
