// SPDX-License-Identifier: Apache-2.0

/** One argument of a command: `key`, `key=value` or `key=(value, value)`. */
export interface Argument {
  readonly key: string;
  readonly values: readonly string[];
}

/** A command with its input and the output that is expected of it. */
export interface Block {
  /** 1-based line of the command. */
  readonly line: number;
  readonly command: string;
  readonly args: readonly Argument[];
  readonly input: string;
  readonly expected: string;
}

export class ScriptError extends Error {
  override readonly name = 'ScriptError';
}

/** Splits at blanks, but not within parentheses (which may be nested). */
function splitCommandLine(text: string, line: number): readonly string[] {
  const fields: string[] = [];
  let field = '';
  let depth = 0;
  for (const char of text) {
    if (char === '(') depth++;
    else if (char === ')') depth--;
    if (depth < 0) break;
    if (depth > 0 || !/\s/.test(char)) {
      field += char;
    } else if (field !== '') {
      fields.push(field);
      field = '';
    }
  }
  if (depth !== 0) throw new ScriptError(`line ${line}: unbalanced parentheses`);
  return field === '' ? fields : [...fields, field];
}

function parseArgument(field: string): Argument {
  const equals = field.indexOf('=');
  if (equals < 0) return { key: field, values: [] };
  const key = field.slice(0, equals);
  const value = field.slice(equals + 1);
  if (!value.startsWith('(') || !value.endsWith(')')) return { key, values: [value] };
  const inner = value.slice(1, -1).trim();
  return { key, values: inner === '' ? [] : inner.split(',').map((item) => item.trim()) };
}

/** Walks over the lines of a script: the data-driven format of cockroachdb/datadriven. */
class LineReader {
  readonly #lines: readonly string[];
  #next = 0;

  constructor(text: string) {
    const lines = text.split(/\r?\n/);
    if (lines.at(-1) === '') lines.pop();
    this.#lines = lines;
  }

  get line(): number {
    return this.#next;
  }

  read(): string | undefined {
    return this.#lines[this.#next++];
  }

  /** The next command, with continuation lines joined; undefined at the end. */
  readCommand(): { readonly text: string; readonly line: number } | undefined {
    for (;;) {
      let text = this.read()?.trim();
      const { line } = this;
      if (text === undefined) return undefined;
      if (text === '' || text.startsWith('#')) continue;
      while (text.endsWith('\\')) text = `${text.slice(0, -1)} ${(this.read() ?? '').trim()}`.trim();
      return { text, line };
    }
  }

  readInput(line: number): string {
    const lines: string[] = [];
    for (let text = this.read(); text !== '----'; text = this.read()) {
      if (text === undefined) throw new ScriptError(`line ${line}: the command has no ---- line`);
      lines.push(text);
    }
    return lines.join('\n').trim();
  }

  readExpected(): string {
    let expected = '';
    let text = this.read();
    if (text === '----') return this.#readFenced();
    for (; text !== undefined && text.trim() !== ''; text = this.read()) expected += `${text}\n`;
    return expected;
  }

  /** Between two pairs of ---- lines the output may contain blank lines. */
  #readFenced(): string {
    let expected = '';
    for (;;) {
      const text = this.read();
      if (text === undefined) throw new ScriptError(`line ${this.line}: the fence of two ---- lines is not closed`);
      if (text === '----' && this.#lines[this.#next] === '----') {
        this.read();
        return expected;
      }
      expected += `${text}\n`;
    }
  }
}

export function parseScript(text: string): readonly Block[] {
  const reader = new LineReader(text);
  const blocks: Block[] = [];
  for (let found = reader.readCommand(); found !== undefined; found = reader.readCommand()) {
    const { line } = found;
    const [command = '', ...fields] = splitCommandLine(found.text, line);
    const input = reader.readInput(line);
    blocks.push({ line, command, args: fields.map(parseArgument), input, expected: reader.readExpected() });
  }
  return blocks;
}

/** The value of an argument as an integer. */
export function integer(text: string | undefined, what: string): number {
  const value = text !== undefined && /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value)) throw new ScriptError(`${what} is not an integer: ${text ?? 'missing'}`);
  return value;
}

export function boolean(text: string, what: string): boolean {
  if (text === 'true') return true;
  if (text === 'false') return false;
  throw new ScriptError(`${what} is neither true nor false: ${text}`);
}

/** The only value of a named argument. */
export function namedValue(block: Block, key: string): string {
  const value = block.args.find((arg) => arg.key === key)?.values[0];
  if (value === undefined) throw new ScriptError(`missing argument ${key}`);
  return value;
}
