// SPDX-License-Identifier: Apache-2.0
import type { EdnValue } from './edn.ts';
import { keywordOf, parseEdn } from './edn.ts';
import type { KvEvent, Malformed, ParsedHistory, RegisterEvent } from './parsed-history.ts';
import { malformedLine, numberedLines } from './parsed-history.ts';
import { registerEvent } from './register-event.ts';

interface EdnRecord {
  readonly process: number;
  readonly type: string;
  readonly f: string;
  /** Undefined in the history of a register. */
  readonly key: string | undefined;
  readonly value: EdnValue;
}

export function isEdn(text: string): boolean {
  return /^\{\s*:/.test(text.trimStart());
}

/** Reads a history of one EDN map a line: put, get and append of many keys, or (without `:key`) Jepsen's register. */
export function parseEdnHistory(text: string): ParsedHistory | Malformed {
  const kvEvents: KvEvent[] = [];
  const registerEvents: RegisterEvent[] = [];
  for (const [line, content] of numberedLines(text)) {
    const record = parseRecord(content);
    if (record === undefined) return malformedLine(line, 'not an event in EDN');
    if (record.key === undefined) {
      const event = registerEvent(record);
      if (event === undefined) return malformedLine(line, 'not an event of a register');
      registerEvents.push(event);
    } else {
      const event = kvEvent(record, record.key);
      if (event === undefined) return malformedLine(line, 'not an event of a key-value store');
      kvEvents.push(event);
    }
    if (kvEvents.length > 0 && registerEvents.length > 0) return malformedLine(line, 'events with and without :key');
  }
  if (registerEvents.length > 0) return { kind: 'register', events: registerEvents };
  // In these histories a key that was never written reads as the empty string.
  return { kind: 'kv', events: kvEvents, initial: '' };
}

function parseRecord(content: string): EdnRecord | undefined {
  const map = parseEdn(content);
  if (!(map instanceof Map)) return undefined;
  const fields: ReadonlyMap<string, EdnValue> = map;
  const process = fields.get('process');
  const type = keywordOf(fields.get('type'));
  const f = keywordOf(fields.get('f'));
  const key = fields.get('key');
  const value = fields.get('value') ?? null;
  if (typeof process !== 'number' || type === undefined || f === undefined) return undefined;
  if (key !== undefined && typeof key !== 'string' && typeof key !== 'number') return undefined;
  return { process, type, f, key: key === undefined ? undefined : String(key), value };
}

function kvEvent(record: EdnRecord, key: string): KvEvent | undefined {
  const { process, type, f, value } = record;
  if (f !== 'get' && f !== 'put' && f !== 'append') return undefined;
  switch (type) {
    case 'invoke':
      if (f === 'get') return { process, type, input: { f, key } };
      return typeof value === 'string' ? { process, type, input: { f, key, value } } : undefined;
    case 'ok':
      if (f !== 'get') return { process, type, output: { result: 'ok' } };
      return typeof value === 'string' ? { process, type, output: { result: 'ok', value } } : undefined;
    case 'fail':
    case 'info':
      return { process, type };
    default:
      return undefined;
  }
}
