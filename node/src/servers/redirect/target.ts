// SPDX-License-Identifier: Apache-2.0

const slash = 0x2f;
const percent = 0x25;
const questionMark = 0x3f;
const hash = 0x23;

/**
 * The code that a request target names: its path without the first slash, percent-decoded, without the query. In the
 * absolute form the authority is skipped (RFC 9112 §3.2.2). Undefined when it is no path or badly encoded.
 * Bytes beyond ASCII come out as Latin-1: no code has them, so that they find nothing.
 */
export function codeOfTarget(bytes: Buffer, start: number, end: number): string | undefined {
  const path = bytes[start] === slash ? start : pathOfAbsolute(bytes, start, end);
  if (path === undefined) return undefined;
  let pathEnd = path;
  let encoded = false;
  while (pathEnd < end) {
    const byte = bytes[pathEnd];
    if (byte === questionMark) break;
    if (byte === hash) return undefined;
    if (byte === percent) encoded = true;
    pathEnd++;
  }
  const code = path < pathEnd ? path + 1 : path;
  return encoded ? percentDecode(bytes, code, pathEnd) : bytes.toString('latin1', code, pathEnd);
}

function pathOfAbsolute(bytes: Buffer, start: number, end: number): number | undefined {
  const match = /^https?:\/\/[^/?#]+/i.exec(bytes.toString('latin1', start, end));
  return match === null ? undefined : start + match[0].length;
}

function percentDecode(bytes: Buffer, start: number, end: number): string | undefined {
  let out = '';
  for (let i = start; i < end; i++) {
    let byte = bytes[i] ?? 0;
    if (byte === percent) {
      const high = hexDigit(bytes[i + 1] ?? 0);
      const low = hexDigit(bytes[i + 2] ?? 0);
      if (i + 2 >= end || high < 0 || low < 0) return undefined;
      byte = high * 16 + low;
      i += 2;
    }
    out += String.fromCharCode(byte);
  }
  return out;
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x61 + 10 : -1;
}
