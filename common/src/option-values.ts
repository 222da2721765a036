// SPDX-License-Identifier: Apache-2.0

/** Says what is wrong with a value, in words that follow "is"; undefined when nothing is. */
export type ValueCheck = (value: string) => string | undefined;

interface SpecCommon {
  /** One sentence for the reference page and `--help`. */
  readonly help: string;
  /** What the value counts or looks like: `ms`, `bytes`, `host:port`. */
  readonly unit?: string;
  /** A letter that stands for the flag: `-n`. */
  readonly short?: string;
  /** There is no default: somebody must give a value. */
  readonly required?: true;
  /** There is no constant default: how the value follows from other options, in words. */
  readonly derived?: string;
}

export interface StringSpec extends SpecCommon {
  readonly kind: 'string';
  readonly default?: string;
  readonly check?: ValueCheck;
  /** The value is a path of a file or folder. */
  readonly path?: true;
  /** The value may be a file: URL, which may be relative (`file:../objects`) where paths may be. */
  readonly fileUrl?: true;
}

export interface NumberSpec extends SpecCommon {
  /** `durationMs` is milliseconds and also accepts 500ms, 30s, 5m, 2h, 1d; `bytes` also accepts 64KiB, 8MiB, 1GiB, 1TiB. */
  readonly kind: 'int' | 'durationMs' | 'bytes';
  readonly default?: number;
  readonly min: number;
  readonly max: number;
}

export interface BoolSpec extends SpecCommon {
  readonly kind: 'bool';
  readonly default: boolean;
}

export interface EnumSpec extends SpecCommon {
  readonly kind: 'enum';
  readonly values: readonly (string | number)[];
  readonly default: string | number;
}

export interface ListSpec extends SpecCommon {
  readonly kind: 'list';
  readonly default: readonly string[];
  readonly maxItems: number;
  /** Commas belong to the items: each item is a flag of its own. */
  readonly oneItemPerFlag?: true;
  /** Holds for every item. */
  readonly check?: ValueCheck;
}

export type OptionSpec = StringSpec | NumberSpec | BoolSpec | EnumSpec | ListSpec;
export type OptionValue = string | number | boolean | readonly string[];
export type Parsed = { readonly value: OptionValue } | { readonly problem: string };

/** Bytes of one textual value; longer ones are a mistake, not a setting. */
const textMaxLength = 4096;

const durationUnits: Readonly<Record<string, number>> = {
  '': 1,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};
const byteUnits: Readonly<Record<string, number>> = { '': 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40 };

/** Reads a value from text (flags, variables) or from a YAML scalar or list. */
export function parseOption(spec: OptionSpec, raw: unknown): Parsed {
  switch (spec.kind) {
    case 'string':
      return parseString(spec, raw);
    case 'int':
      return parseNumber(spec, raw, { '': 1 });
    case 'durationMs':
      return parseNumber(spec, raw, durationUnits);
    case 'bytes':
      return parseNumber(spec, raw, byteUnits);
    case 'bool':
      return parseBool(raw);
    case 'enum':
      return parseEnum(spec, raw);
    case 'list':
      return parseList(spec, raw);
  }
}

function parseString(spec: StringSpec, raw: unknown): Parsed {
  const text = scalarText(raw);
  if (text === undefined) return { problem: `${show(raw)} is not text` };
  if (text.length > textMaxLength) return { problem: `is longer than ${textMaxLength} characters` };
  if (text === '' && spec.required === true) return { problem: 'is empty' };
  const wrong = spec.check?.(text);
  return wrong === undefined ? { value: text } : { problem: `${show(text)} is ${wrong}` };
}

function parseNumber(spec: NumberSpec, raw: unknown, units: Readonly<Record<string, number>>): Parsed {
  const match = /^(-?\d+)\s*([A-Za-z]*)$/.exec(scalarText(raw)?.trim() ?? '');
  const scale = units[match?.[2] ?? '-'];
  if (match === null || scale === undefined) {
    const accepted = Object.keys(units).filter((unit) => unit !== '');
    const suffix = accepted.length === 0 ? '' : `, bare or with one of ${accepted.join(', ')}`;
    return { problem: `${show(raw)} is not a whole number${suffix}` };
  }
  const value = Number(match[1]) * scale;
  if (value < spec.min) return { problem: `${show(raw)} is below ${formatNumber(spec, spec.min)}` };
  if (value > spec.max) return { problem: `${show(raw)} is above ${formatNumber(spec, spec.max)}` };
  return { value };
}

function parseBool(raw: unknown): Parsed {
  const text = scalarText(raw);
  if (text === 'true') return { value: true };
  if (text === 'false') return { value: false };
  return { problem: `${show(raw)} is neither true nor false` };
}

function parseEnum(spec: EnumSpec, raw: unknown): Parsed {
  const text = scalarText(raw);
  const value = spec.values.find((one) => String(one) === text);
  return value === undefined ? { problem: `${show(raw)} is not one of ${spec.values.join(', ')}` } : { value };
}

function parseList(spec: ListSpec, raw: unknown): Parsed {
  const parts: unknown[] = Array.isArray(raw) ? raw : [raw];
  const items = spec.oneItemPerFlag === true ? parts : parts.flatMap(splitList);
  if (items.length > spec.maxItems)
    return { problem: `has ${items.length} items, at most ${spec.maxItems} are allowed` };
  const value: string[] = [];
  for (const item of items) {
    const text = scalarText(item)?.trim();
    if (text === undefined || text === '' || text.length > textMaxLength) {
      return { problem: `${show(item)} is not an item of a list` };
    }
    const wrong = spec.check?.(text);
    if (wrong !== undefined) return { problem: `${show(text)} is ${wrong}` };
    if (value.includes(text)) return { problem: `${show(text)} is listed twice` };
    value.push(text);
  }
  return { value };
}

function splitList(raw: unknown): unknown[] {
  const text = scalarText(raw);
  if (text === undefined) return [raw];
  return text.trim() === '' ? [] : text.split(',');
}

function scalarText(raw: unknown): string | undefined {
  if (typeof raw === 'string') return raw;
  return typeof raw === 'number' || typeof raw === 'boolean' ? String(raw) : undefined;
}

function show(raw: unknown): string {
  const text = JSON.stringify(raw) ?? String(raw);
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}

/** A value as a person would write it: 8MiB, 10s, a,b. */
export function formatOption(spec: OptionSpec, value: OptionValue): string {
  if (typeof value === 'number' && (spec.kind === 'bytes' || spec.kind === 'durationMs'))
    return formatNumber(spec, value);
  return typeof value === 'object' ? value.join(',') : String(value);
}

function formatNumber(spec: NumberSpec, value: number): string {
  if (spec.kind === 'int' || value === 0) return String(value);
  const units = Object.entries(spec.kind === 'bytes' ? byteUnits : durationUnits).toReversed();
  const [unit, scale] = units.find(([name, one]) => name !== '' && value % one === 0) ?? ['', 1];
  return `${value / scale}${unit}`;
}

/** The values a spec accepts, in words for the reference page. */
export function describeLimits(spec: OptionSpec): string {
  switch (spec.kind) {
    case 'int':
    case 'durationMs':
    case 'bytes':
      return `${formatNumber(spec, spec.min)} … ${formatNumber(spec, spec.max)}`;
    case 'enum':
      return spec.values.join(', ');
    case 'bool':
      return 'true, false';
    case 'list':
      return `at most ${spec.maxItems} items`;
    case 'string':
      return '';
  }
}

/** The default in words. */
export function describeDefault(spec: OptionSpec): string {
  if (spec.required === true) return 'required';
  if (spec.derived !== undefined) return spec.derived;
  if (spec.default === undefined) return 'none';
  return formatOption(spec, spec.default) === '' ? 'empty' : formatOption(spec, spec.default);
}
