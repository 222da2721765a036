// SPDX-License-Identifier: Apache-2.0

/** A value of Clojure's data notation, as far as recorded histories use it. */
export type EdnValue =
  | null
  | boolean
  | number
  | string
  | { readonly keyword: string }
  | readonly EdnValue[]
  | ReadonlyMap<string, EdnValue>;

const MAX_DEPTH = 16;
const TOKEN = /[^\s,"[\]{}()]+/y;
const STRING = /"((?:[^"\\]|\\[\\"nrt])*)"/y;
const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
]);

interface Reader {
  readonly text: string;
  at: number;
  depth: number;
}

/** The single value that the text consists of, or undefined when it is malformed or uses notation that histories do not. */
export function parseEdn(text: string): EdnValue | undefined {
  const reader: Reader = { text, at: 0, depth: 0 };
  const value = readValue(reader);
  skipBlank(reader);
  return reader.at === text.length ? value : undefined;
}

export function keywordOf(value: EdnValue | undefined): string | undefined {
  return typeof value === 'object' && value !== null && 'keyword' in value ? value.keyword : undefined;
}

export function isEdnVector(value: EdnValue | undefined): value is readonly EdnValue[] {
  return Array.isArray(value);
}

function readValue(reader: Reader): EdnValue | undefined {
  skipBlank(reader);
  const first = reader.text[reader.at];
  if (first === '"') return readString(reader);
  if (first !== '[' && first !== '{') return readToken(reader);
  if (++reader.depth > MAX_DEPTH) return undefined;
  reader.at++;
  const items = readItems(reader, first === '[' ? ']' : '}');
  reader.depth--;
  return first === '[' || items === undefined ? items : toMap(items);
}

function readItems(reader: Reader, close: string): EdnValue[] | undefined {
  const items: EdnValue[] = [];
  for (;;) {
    skipBlank(reader);
    if (reader.text[reader.at] === close) {
      reader.at++;
      return items;
    }
    const item = readValue(reader);
    if (item === undefined) return undefined;
    items.push(item);
  }
}

/** A map with keywords as keys, the only ones that histories use; a repeated key is malformed in EDN. */
function toMap(items: readonly EdnValue[]): ReadonlyMap<string, EdnValue> | undefined {
  const map = new Map<string, EdnValue>();
  for (let index = 0; index < items.length; index += 2) {
    const key = keywordOf(items[index]);
    const value = items[index + 1];
    if (key === undefined || value === undefined || map.has(key)) return undefined;
    map.set(key, value);
  }
  return map;
}

function readString(reader: Reader): string | undefined {
  const body = match(reader, STRING)?.[1];
  return body?.replaceAll(/\\(.)/g, (_, escaped: string) => ESCAPES.get(escaped) ?? escaped);
}

function readToken(reader: Reader): EdnValue | undefined {
  const token = match(reader, TOKEN)?.[0];
  if (token === undefined) return undefined;
  if (token === 'nil') return null;
  if (token === 'true' || token === 'false') return token === 'true';
  if (/^:[A-Za-z]/.test(token)) return { keyword: token.slice(1) };
  const number = Number(token);
  return /^[-+]?\d+$/.test(token) && Number.isSafeInteger(number) ? number : undefined;
}

function match(reader: Reader, pattern: RegExp): RegExpExecArray | undefined {
  pattern.lastIndex = reader.at;
  const found = pattern.exec(reader.text);
  if (found === null) return undefined;
  reader.at = pattern.lastIndex;
  return found;
}

function skipBlank(reader: Reader): void {
  while (/[\s,]/.test(reader.text[reader.at] ?? '')) reader.at++;
}
