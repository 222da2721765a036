// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { parseFlags } from './flags.ts';
import { describeDefault, formatOption, parseOption, type OptionSpec } from './option-values.ts';
import { environmentName, nearest, nestValues, resolveOptions } from './options.ts';

const size = { kind: 'bytes', default: 8 * 2 ** 20, min: 1, max: 2 ** 40, help: '' } as const satisfies OptionSpec;
const wait = { kind: 'durationMs', default: 90_000, min: 0, max: 86_400_000, help: '' } as const satisfies OptionSpec;
const names = { kind: 'list', default: [], maxItems: 3, help: '' } as const satisfies OptionSpec;
const pairs = { ...names, oneItemPerFlag: true } as const satisfies OptionSpec;
const quiet = { kind: 'bool', default: false, help: '' } as const satisfies OptionSpec;

function problemOf(spec: OptionSpec, raw: unknown): string | undefined {
  const parsed = parseOption(spec, raw);
  return 'problem' in parsed ? parsed.problem : undefined;
}

describe('values', () => {
  test.each([
    [size, '64KiB', 65_536],
    [size, 100, 100],
    [wait, '5m', 300_000],
    [wait, '250ms', 250],
    [wait, '7', 7],
  ])('%# numbers carry units', (spec, raw, value) => {
    expect(parseOption(spec, raw)).toEqual({ value });
  });

  test.each([
    [size, '8mb'],
    [size, '1.5GiB'],
    [size, ''],
    [size, null],
    [wait, '5KiB'],
    [wait, [1]],
  ])('%# what is not a whole number with a known unit is refused', (spec, raw) => {
    expect(problemOf(spec, raw)).toContain('is not a whole number');
  });

  test('limits are named in the unit of the option', () => {
    expect(problemOf(wait, '2d')).toBe('"2d" is above 1d');
  });

  test('a written value reads back as itself', () => {
    for (const [spec, value] of [
      [size, 65_536],
      [size, 1000],
      [wait, 90_000],
      [wait, 0],
      [wait, 1],
    ] as const) {
      expect(parseOption(spec, formatOption(spec, value))).toEqual({ value });
    }
    expect(describeDefault(size)).toBe('8MiB');
    expect(describeDefault(wait)).toBe('90s');
  });

  test('lists refuse empty, repeated and too many items', () => {
    expect(parseOption(names, 'a, b')).toEqual({ value: ['a', 'b'] });
    expect(parseOption(names, '')).toEqual({ value: [] });
    expect(problemOf(names, 'a,,b')).toContain('not an item');
    expect(problemOf(names, 'a,a')).toContain('twice');
    expect(problemOf(names, 'a,b,c,d')).toContain('at most 3');
  });
});

describe('flags', () => {
  const table = { size, names, pairs, quiet };

  test('values, switches and positionals may be mixed; -- ends the flags', () => {
    const flags = parseFlags(table, ['x', '--size', '1KiB', '--quiet', 'y', '--', '--z']);
    expect(flags.positionals).toEqual(['x', 'y', '--z']);
    expect(resolveOptions(table, [flags.layer]).values).toMatchObject({ size: 1024, quiet: true });
  });

  test('a switch takes true and false and nothing else as its value', () => {
    const flags = parseFlags(table, ['--quiet', 'false', '--quiet=maybe']);
    expect(flags.problems.map((one) => one.message)).toEqual(['is given twice']);
    expect(flags.layer.raw.get('quiet')).toBe('maybe');
  });

  test('a repeated list adds up, and keeps its commas where items are whole flags', () => {
    const flags = parseFlags(table, ['--names', 'a,b', '--names=c', '--pairs', 'k=1,2', '--pairs', 'l=3']);
    expect(resolveOptions(table, [flags.layer]).values).toMatchObject({
      names: ['a', 'b', 'c'],
      pairs: ['k=1,2', 'l=3'],
    });
  });

  test('letters stand for flags that have one, with their value beside or behind them', () => {
    const letters = { name: { kind: 'string', short: 'n', help: '' }, all: { ...quiet, short: 'A' } } as const;
    for (const argv of [
      ['-n', 'x', '-A'],
      ['-A', '-nx'],
      ['-n=x', '--all'],
    ]) {
      const flags = parseFlags(letters, argv);
      expect(resolveOptions(letters, [flags.layer])).toMatchObject({ values: { name: 'x', all: true }, problems: [] });
    }
    expect(parseFlags(letters, ['-x', '-5', '-']).positionals).toEqual(['-x', '-5', '-']);
    expect(parseFlags(letters, ['-n', '--all']).problems.map(({ option }) => option)).toEqual(['name']);
  });

  test('a flag without its value is reported and does not swallow the next flag', () => {
    const flags = parseFlags(table, ['--size', '--quiet']);
    expect(flags.problems).toHaveLength(1);
    expect(flags.layer.raw.get('quiet')).toBe('true');
  });
});

test('names become variables and nested objects', () => {
  expect(environmentName('S', 'tls.peer.caFile')).toBe('S_TLS_PEER_CA_FILE');
  expect(nestValues({ 'a.b': 1, 'a.c.d': true, e: 'x' })).toEqual({ a: { b: 1, c: { d: true } }, e: 'x' });
});

test('a guess is offered only for names that are close', () => {
  expect(nearest('log.levle', ['log.level', 'node.name'])).toBe('log.level');
  expect(nearest('zzz', ['log.level', 'node.name'])).toBeUndefined();
});

test('names that every object has are not options', () => {
  const flags = parseFlags({ quiet }, ['--constructor', 'x', '--__proto__=y']);
  expect(resolveOptions({ quiet }, [flags.layer]).problems.map((one) => one.option)).toEqual([
    'constructor',
    '__proto__',
  ]);
});
