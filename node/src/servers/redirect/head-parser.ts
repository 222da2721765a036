// SPDX-License-Identifier: Apache-2.0
import { codeOfTarget } from './target.ts';

/** Bytes of a request line and its header fields, empty lines before them included. */
export const headMaxBytes = 8192;

export type RefusedStatus = 400 | 405 | 413 | 414 | 431 | 505;

export type HeadResult =
  | { readonly kind: 'incomplete' }
  | {
      readonly kind: 'request';
      readonly code: string;
      readonly isHead: boolean;
      readonly keepAlive: boolean;
      /** Where the next request starts. */
      readonly end: number;
    }
  /** The connection cannot go on: what follows may be a body. */
  | { readonly kind: 'refused'; readonly status: RefusedStatus };

const cr = 0x0d;
const lf = 0x0a;
const space = 0x20;
const tab = 0x09;
const colon = 0x3a;

const incomplete: HeadResult = { kind: 'incomplete' };
const badRequest: HeadResult = { kind: 'refused', status: 400 };

/** RFC 9110 §5.6.2: the characters of methods and field names. */
const isTokenByte = new Uint8Array(256);
for (const character of "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") {
  isTokenByte[character.charCodeAt(0)] = 1;
}

/**
 * Reads one HTTP/1.x request head (RFC 9112) that starts at `start`. Decides at the first byte that decides, so that the
 * result does not depend on how the bytes were cut into packets. Strict: no bare LF, no folded lines, no body.
 */
export function parseHead(bytes: Buffer, start: number, end: number): HeadResult {
  const limit = Math.min(end, start + headMaxBytes);
  const ranOut = (status: RefusedStatus): HeadResult =>
    limit < start + headMaxBytes ? incomplete : { kind: 'refused', status };
  let at = start;
  // RFC 9112 §2.2: some clients send an empty line after a request.
  while (at < limit && bytes[at] === cr) {
    if (at + 1 >= limit) return ranOut(400);
    if (bytes[at + 1] !== lf) return badRequest;
    at += 2;
  }

  const method = at;
  while (at < limit && isTokenByte[bytes[at] ?? 0] === 1) at++;
  if (at >= limit) return ranOut(414);
  if (at === method || bytes[at] !== space) return badRequest;
  const methodEnd = at++;

  const target = at;
  let byte = 0;
  while (at < limit && (byte = bytes[at] ?? 0) > space && byte < 0x7f) at++;
  if (at >= limit) return ranOut(414);
  if (at === target || byte !== space) return badRequest;
  const targetEnd = at++;

  const minor = readVersion(bytes, at, limit);
  if (minor === 'ranOut') return ranOut(414);
  if (typeof minor === 'object') return minor;
  return readFields(bytes, { at: at + 10, limit, ranOut: () => ranOut(431) }, (fields, next) => {
    const isGet = methodEnd - method === 3 && equalsText(bytes, method, 'GET');
    const isHead = methodEnd - method === 4 && equalsText(bytes, method, 'HEAD');
    if (!isGet && !isHead) return { kind: 'refused', status: 405 };
    if (fields.hasBody) return { kind: 'refused', status: 413 };
    if (fields.hosts > 1 || (minor > 0 && fields.hosts === 0)) return badRequest;
    const code = codeOfTarget(bytes, target, targetEnd);
    if (code === undefined) return badRequest;
    return { kind: 'request', code, isHead, keepAlive: minor > 0 && !fields.close, end: next };
  });
}

const versionStart = 'HTTP/';

/** The minor version of `HTTP/1.x` CR LF, ten bytes. */
function readVersion(bytes: Buffer, start: number, limit: number): number | 'ranOut' | HeadResult {
  for (let i = 0; i < 10; i++) {
    if (start + i >= limit) return 'ranOut';
    const byte = bytes[start + i] ?? 0;
    const digit = byte >= 0x30 && byte <= 0x39;
    if (i < 5 && byte !== versionStart.charCodeAt(i)) return badRequest;
    if ((i === 5 || i === 7) && !digit) return badRequest;
    if (i === 5 && byte !== 0x31) return { kind: 'refused', status: 505 };
    if ((i === 6 && byte !== 0x2e) || (i === 8 && byte !== cr) || (i === 9 && byte !== lf)) return badRequest;
  }
  return (bytes[start + 7] ?? 0) - 0x30;
}

interface Fields {
  hosts: number;
  close: boolean;
  hasBody: boolean;
}

interface FieldsInput {
  readonly at: number;
  readonly limit: number;
  readonly ranOut: () => HeadResult;
}

function readFields(bytes: Buffer, input: FieldsInput, done: (fields: Fields, next: number) => HeadResult): HeadResult {
  const { limit, ranOut } = input;
  const fields: Fields = { hosts: 0, close: false, hasBody: false };
  let at = input.at;
  for (;;) {
    if (at >= limit) return ranOut();
    if (bytes[at] === cr) {
      if (at + 1 >= limit) return ranOut();
      return bytes[at + 1] === lf ? done(fields, at + 2) : badRequest;
    }
    const name = at;
    while (at < limit && isTokenByte[bytes[at] ?? 0] === 1) at++;
    if (at >= limit) return ranOut();
    if (at === name || bytes[at] !== colon) return badRequest;
    const nameEnd = at++;
    const value = at;
    let byte = 0;
    while (at < limit && (((byte = bytes[at] ?? 0) >= space && byte !== 0x7f) || byte === tab)) at++;
    if (at >= limit) return ranOut();
    if (byte !== cr) return badRequest;
    if (at + 1 >= limit) return ranOut();
    if (bytes[at + 1] !== lf) return badRequest;
    if (!noteField(bytes, fields, { name, nameEnd, value, valueEnd: at })) return badRequest;
    at += 2;
  }
}

interface FieldPlace {
  readonly name: number;
  readonly nameEnd: number;
  readonly value: number;
  readonly valueEnd: number;
}

/** Takes what matters to the framing of messages; false when the field is wrong. Lengths first: most fields are others. */
function noteField(bytes: Buffer, fields: Fields, { name, nameEnd, value, valueEnd }: FieldPlace): boolean {
  switch (nameEnd - name) {
    case 4:
      if (equalsText(bytes, name, 'host')) fields.hosts++;
      return true;
    case 10:
      if (equalsText(bytes, name, 'connection')) fields.close ||= hasClose(bytes, value, valueEnd);
      return true;
    case 14: {
      if (!equalsText(bytes, name, 'content-length')) return true;
      const text = bytes.toString('latin1', value, valueEnd).trim();
      fields.hasBody ||= !/^0+$/.test(text);
      return /^\d+$/.test(text);
    }
    case 17:
      if (equalsText(bytes, name, 'transfer-encoding')) fields.hasBody = true;
      return true;
    default:
      return true;
  }
}

function hasClose(bytes: Buffer, value: number, valueEnd: number): boolean {
  const options = bytes.toString('latin1', value, valueEnd).toLowerCase().split(',');
  return options.some((option) => option.trim() === 'close');
}

/** Letters are compared without case where `text` is in lower case; methods are case-sensitive and in upper case. */
function equalsText(bytes: Buffer, start: number, text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const wanted = text.charCodeAt(i);
    const byte = bytes[start + i] ?? 0;
    if (byte !== wanted && !(wanted >= 0x61 && (byte | 0x20) === wanted)) return false;
  }
  return true;
}
