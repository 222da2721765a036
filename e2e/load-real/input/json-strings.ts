// SPDX-License-Identifier: Apache-2.0

const quote = 0x22;
const backslash = 0x5c;
const colon = 0x3a;
/** Longer strings are no URLs; a document with one is not what was expected. */
const stringMaxBytes = 2 ** 20;

/**
 * Finds the string values of a JSON document that arrives in pieces, wherever they are in it; names of members are not
 * values. It trusts the document to be JSON and holds one string at most.
 */
export class JsonStringScanner {
  /** From the opening quote of a string whose end has not been seen. */
  #carry: Buffer = Buffer.alloc(0);
  /** A whole string that is a value unless a colon follows. */
  #candidate: string | undefined;

  *push(chunk: Buffer): Generator<string> {
    const bytes = this.#carry.length === 0 ? chunk : Buffer.concat([this.#carry, chunk]);
    this.#carry = Buffer.alloc(0);
    let at = 0;
    while (at < bytes.length) {
      if (this.#candidate !== undefined) {
        at = skipSpace(bytes, at);
        if (at === bytes.length) return;
        const found = this.#candidate;
        this.#candidate = undefined;
        if (bytes[at] !== colon) yield found;
        continue;
      }
      const start = bytes.indexOf(quote, at);
      if (start < 0) return;
      const end = closingQuote(bytes, start + 1);
      if (end < 0) {
        this.#carry = bytes.subarray(start);
        if (this.#carry.length > stringMaxBytes) throw new Error(`a string is longer than ${stringMaxBytes} bytes`);
        return;
      }
      this.#candidate = decode(bytes, start, end);
      at = end + 1;
    }
  }

  /** A document may be a single string, after which nothing comes. */
  *end(): Generator<string> {
    if (this.#carry.length > 0) throw new Error('the document ends within a string');
    if (this.#candidate !== undefined) yield this.#candidate;
    this.#candidate = undefined;
  }
}

function skipSpace(bytes: Buffer, from: number): number {
  let at = from;
  while (at < bytes.length && (bytes[at] ?? 0) <= 0x20) at++;
  return at;
}

/** A quote after an even number of backslashes; -1 when it is not there yet. */
function closingQuote(bytes: Buffer, from: number): number {
  for (let end = bytes.indexOf(quote, from); end >= 0; end = bytes.indexOf(quote, end + 1)) {
    let escapes = 0;
    while (end - 1 - escapes >= from && bytes[end - 1 - escapes] === backslash) escapes++;
    if (escapes % 2 === 0) return end;
  }
  return -1;
}

function decode(bytes: Buffer, start: number, end: number): string {
  const escape = bytes.indexOf(backslash, start);
  if (escape < 0 || escape > end) return bytes.toString('utf8', start + 1, end);
  return JSON.parse(bytes.toString('utf8', start, end + 1)) as string;
}
