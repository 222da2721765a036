// SPDX-License-Identifier: Apache-2.0
import type { HistoryEvent } from '../history.ts';
import type { KvInput, KvOutput } from '../models/kv.ts';
import type { LinkInput, LinkOutput } from '../models/link.ts';
import type { Malformed, ParsedHistory } from './parsed-history.ts';
import { malformedLine, numberedLines } from './parsed-history.ts';

/**
 * Our own recorded histories, one JSON object a line. The first line is the header
 *   {"history":"link","version":1}                  or "kv", whose keys begin absent
 * and each other line is an event, in the order in which they happened:
 *   {"process":1,"type":"invoke","op":{"f":"create","key":"abc","value":"https://example.com/"},"time":10}
 *   {"process":1,"type":"ok","op":{"f":"create","key":"abc","result":"ok"},"time":12}
 *   {"process":1,"type":"info","time":12}
 * `ok` carries what was answered, refusals included; `fail` says that there certainly was no effect; `info` that nobody knows.
 * `time` is optional, in any unit, and must not fall. `f` and `key` of an answer are optional and must be those of its call.
 */
const VERSION = 1;

type JsonObject = Readonly<Record<string, unknown>>;

interface Vocabulary<Input, Output> {
  readonly input: (op: JsonObject) => Input | undefined;
  readonly output: (op: JsonObject, input: Input) => Output | undefined;
}

export function isHistoryJsonl(text: string): boolean {
  return /^\{\s*"/.test(text.trimStart());
}

export function parseHistoryJsonl(text: string): ParsedHistory | Malformed {
  const lines = numberedLines(text);
  const header = lines.next().value;
  const fields = header === undefined ? undefined : parseObject(header[1]);
  const kind = fields?.['history'];
  if (fields?.['version'] !== VERSION || (kind !== 'link' && kind !== 'kv'))
    return malformedLine(1, `not the header of a history of version ${VERSION}`);
  if (kind === 'link') {
    const events = parseEvents(lines, { input: linkInput, output: linkOutput });
    return 'kind' in events ? events : { kind, events };
  }
  const events = parseEvents(lines, { input: kvInput, output: kvOutput });
  return 'kind' in events ? events : { kind, events, initial: null };
}

/** The text of a history, which `parseHistoryJsonl` reads back as the same events. */
export function formatHistoryJsonl<Input extends { readonly f: string; readonly key: string }, Output extends object>(
  kind: 'link' | 'kv',
  events: readonly HistoryEvent<Input, Output>[],
): string {
  const calls = new Map<number, Input>();
  const lines = [JSON.stringify({ history: kind, version: VERSION })];
  for (const event of events) {
    const { process, type, time } = event;
    if (type === 'invoke') calls.set(process, event.input);
    const call = calls.get(process);
    const op =
      type === 'invoke' ? event.input : type === 'ok' ? { f: call?.f, key: call?.key, ...event.output } : undefined;
    lines.push(JSON.stringify({ process, type, op, time }));
  }
  return `${lines.join('\n')}\n`;
}

function parseEvents<Input extends { readonly f: string; readonly key: string }, Output>(
  lines: Iterable<readonly [line: number, text: string]>,
  vocabulary: Vocabulary<Input, Output>,
): HistoryEvent<Input, Output>[] | Malformed {
  const events: HistoryEvent<Input, Output>[] = [];
  const calls = new Map<number, Input>();
  let lastTime = Number.NEGATIVE_INFINITY;
  for (const [line, content] of lines) {
    const fields = parseObject(content);
    const event = fields === undefined ? undefined : parseEvent(fields, calls, vocabulary);
    if (event === undefined) return malformedLine(line, 'not an event of this kind of history');
    if (event.type === 'invoke') calls.set(event.process, event.input);
    if (event.time !== undefined && event.time < lastTime) return malformedLine(line, 'earlier than the line before');
    lastTime = event.time ?? lastTime;
    events.push(event);
  }
  return events;
}

function parseEvent<Input extends { readonly f: string; readonly key: string }, Output>(
  fields: JsonObject,
  calls: ReadonlyMap<number, Input>,
  vocabulary: Vocabulary<Input, Output>,
): HistoryEvent<Input, Output> | undefined {
  const { process, type, time } = fields;
  if (typeof process !== 'number' || !Number.isSafeInteger(process)) return undefined;
  if (time !== undefined && typeof time !== 'number') return undefined;
  if (type === 'fail' || type === 'info') return { process, type, time };
  const op = fields['op'];
  if (!isObject(op)) return undefined;
  if (type === 'invoke') {
    const input = vocabulary.input(op);
    return input === undefined ? undefined : { process, type, input, time };
  }
  const call = calls.get(process);
  if (type !== 'ok' || call === undefined) return undefined;
  if ((op['f'] ?? call.f) !== call.f || (op['key'] ?? call.key) !== call.key) return undefined;
  const output = vocabulary.output(op, call);
  return output === undefined ? undefined : { process, type, output, time };
}

function linkInput(op: JsonObject): LinkInput | undefined {
  const { f, key, value } = op;
  if (typeof key !== 'string') return undefined;
  if (f === 'get' || f === 'delete') return { f, key };
  return (f === 'create' || f === 'update') && typeof value === 'string' ? { f, key, value } : undefined;
}

function linkOutput(op: JsonObject, input: LinkInput): LinkOutput | undefined {
  const { result, value } = op;
  if (input.f === 'create' && result === 'conflict') return { result };
  if (input.f !== 'create' && (result === 'absent' || result === 'gone')) return { result };
  return okOutput(result, input.f === 'get', value);
}

function kvInput(op: JsonObject): KvInput | undefined {
  const { f, key, value, from, to } = op;
  if (typeof key !== 'string') return undefined;
  if (f === 'get' || f === 'delete') return { f, key };
  if (f === 'put' || f === 'append') return typeof value === 'string' ? { f, key, value } : undefined;
  const isFrom = from === null || typeof from === 'string';
  return f === 'cas' && isFrom && typeof to === 'string' ? { f, key, from, to } : undefined;
}

function kvOutput(op: JsonObject, input: KvInput): KvOutput | undefined {
  const { result, value } = op;
  if (input.f === 'cas' && result === 'conflict') return { result };
  if ((input.f === 'get' || input.f === 'delete') && result === 'absent') return { result };
  return okOutput(result, input.f === 'get', value);
}

function okOutput(
  result: unknown,
  isGet: boolean,
  value: unknown,
): { readonly result: 'ok'; readonly value?: string | undefined } | undefined {
  if (result !== 'ok') return undefined;
  if (!isGet) return { result };
  return typeof value === 'string' ? { result, value } : undefined;
}

function parseObject(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
