// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RequestReader } from './request-reader.ts';

/** What a connection would see of these packets. */
function readAll(packets: readonly Buffer[]): string[] {
  const reader = new RequestReader();
  const seen: string[] = [];
  for (const packet of packets) {
    reader.push(packet);
    while (reader.hasPartial) {
      const head = reader.next();
      if (head.kind === 'incomplete') break;
      if (head.kind === 'refused') return [...seen, `refused ${head.status}`];
      seen.push(`${head.isHead ? 'HEAD' : 'GET'} ${JSON.stringify(head.code)}${head.keepAlive ? '' : ' close'}`);
    }
  }
  return reader.hasPartial ? [...seen, 'partial'] : seen;
}

function read(text: string): string[] {
  return readAll([Buffer.from(text, 'latin1')]);
}

const host = 'Host: a\r\n';

describe('accepts', () => {
  test.each([
    [`GET /abc HTTP/1.1\r\n${host}\r\n`, 'GET "abc"'],
    [`HEAD /abc HTTP/1.1\r\n${host}\r\n`, 'HEAD "abc"'],
    [`GET / HTTP/1.1\r\n${host}\r\n`, 'GET ""'],
    [`GET /a/b?x=1&y=%zz HTTP/1.1\r\n${host}\r\n`, 'GET "a/b"'],
    [`GET /a%2Fb%2f%41 HTTP/1.1\r\n${host}\r\n`, 'GET "a/b/A"'],
    [`GET /%C3%BC HTTP/1.1\r\n${host}\r\n`, 'GET "\u00c3\u00bc"'],
    [`GET http://a:80/abc?q HTTP/1.1\r\n${host}\r\n`, 'GET "abc"'],
    [`GET http://a HTTP/1.1\r\n${host}\r\n`, 'GET ""'],
    [`GET http://a?q HTTP/1.1\r\n${host}\r\n`, 'GET ""'],
    ['GET /abc HTTP/1.0\r\n\r\n', 'GET "abc" close'],
    [`GET /abc HTTP/1.1\r\nhost:a\r\nconnection: Keep-Alive, CLOSE\r\n\r\n`, 'GET "abc" close'],
    [`GET /abc HTTP/1.1\r\n${host}Connection: keep-alive\r\n\r\n`, 'GET "abc"'],
    [`GET /abc HTTP/1.1\r\n${host}Content-Length: 0\r\n\r\n`, 'GET "abc"'],
    [`GET /abc HTTP/1.1\r\n${host}X-Any: \t\u00e9 value\r\nEmpty:\r\n\r\n`, 'GET "abc"'],
    [`\r\n\r\nGET /abc HTTP/1.1\r\n${host}\r\n`, 'GET "abc"'],
    [`GET /abc HTTP/1.9\r\n${host}\r\n`, 'GET "abc"'],
  ])('%j', (text, expected) => {
    expect(read(text)).toEqual([expected]);
  });
});

describe('refuses', () => {
  test.each([
    [`POST /abc HTTP/1.1\r\n${host}Content-Length: 3\r\n\r\nabc`, 405],
    [`get /abc HTTP/1.1\r\n${host}\r\n`, 405],
    [`OPTIONS * HTTP/1.1\r\n${host}\r\n`, 405],
    [`GET /abc HTTP/1.1\r\n${host}Content-Length: 3\r\n\r\nabc`, 413],
    [`GET /abc HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, 413],
    [`GET /abc HTTP/1.1\r\n${host}Content-Length: +3\r\n\r\n`, 400],
    [`GET /abc HTTP/1.1\r\n${host}Content-Length: 0\r\nContent-Length: 5\r\n\r\n`, 413],
    ['GET /abc HTTP/1.1\r\n\r\n', 400],
    [`GET /abc HTTP/1.1\r\n${host}${host}\r\n`, 400],
    [`GET abc HTTP/1.1\r\n${host}\r\n`, 400],
    [`GET * HTTP/1.1\r\n${host}\r\n`, 400],
    [`GET /a#b HTTP/1.1\r\n${host}\r\n`, 400],
    [`GET /a%2 HTTP/1.1\r\n${host}\r\n`, 400],
    [`GET /a%zz HTTP/1.1\r\n${host}\r\n`, 400],
    [`GET /\u00fc HTTP/1.1\r\n${host}\r\n`, 400],
    [`GET  /abc HTTP/1.1\r\n${host}\r\n`, 400],
    [`GET /abc  HTTP/1.1\r\n${host}\r\n`, 400],
    [`GET /abc\r\n${host}\r\n`, 400],
    [`GET /abc HTTP/1.1\n${host}\r\n`, 400],
    [`GET /abc HTTP/2.0\r\n${host}\r\n`, 505],
    [`GET /abc HTTX/1.1\r\n${host}\r\n`, 400],
    [`GET /abc HTTP/1.1\r\n${host} folded\r\n\r\n`, 400],
    [`GET /abc HTTP/1.1\r\nHost : a\r\n\r\n`, 400],
    [`GET /abc HTTP/1.1\r\n${host}X: a\u0000b\r\n\r\n`, 400],
    [`GET /abc HTTP/1.1\r\n${host}X: a\rb\r\n\r\n`, 400],
    [`GET /abc HTTP/1.1\r\n${host}: x\r\n\r\n`, 400],
    [`\u0016\u0003\u0001\u0002\u0000`, 400],
    [`GET /${'a'.repeat(9000)}`, 414],
    [`GET /abc HTTP/1.1\r\n${host}X: ${'a'.repeat(9000)}`, 431],
  ])('%j', (text, status) => {
    expect(read(text)).toEqual([`refused ${status}`]);
  });

  test('a head of exactly 8,192 bytes is read, one more byte is too much', () => {
    const start = `GET /abc HTTP/1.1\r\n${host}X: `;
    const padding = 8192 - start.length - 4;
    expect(read(`${start}${'a'.repeat(padding)}\r\n\r\n`)).toEqual(['GET "abc"']);
    expect(read(`${start}${'a'.repeat(padding + 1)}\r\n\r\n`)).toEqual(['refused 431']);
  });
});

const request = fc
  .record({
    method: fc.constantFrom('GET', 'HEAD', 'POST', 'G T', ''),
    target: fc.oneof(
      fc
        .string({ unit: fc.constantFrom('a', '/', '%', '4', '1', '?', '#', '.', 'é', ' '), maxLength: 12 })
        .map((text) => `/${text}`),
      fc.constantFrom('*', 'http://h/x', `/${'a'.repeat(8180)}`),
    ),
    version: fc.constantFrom('HTTP/1.1', 'HTTP/1.1', 'HTTP/1.0', 'HTTP/2.0', 'HTT'),
    fields: fc.array(
      fc.constantFrom(
        'Host: a',
        'Connection: close',
        'Content-Length: 0',
        'Content-Length: 7',
        'X: y',
        'bad',
        `L: ${'x'.repeat(4000)}`,
        ' y',
      ),
      { maxLength: 4 },
    ),
    newline: fc.constantFrom('\r\n', '\r\n', '\r\n', '\n', '\r'),
  })
  .map(
    ({ method, target, version, fields, newline }) =>
      `${[`${method} ${target} ${version}`, ...fields].join(newline)}${newline}${newline}`,
  );

describe('the cut into packets does not matter', () => {
  test('at every single byte of a pipeline', () => {
    const text = `GET /a%2Fb?c HTTP/1.1\r\n${host}\r\n\r\nHEAD /x HTTP/1.1\r\nHost: b\r\nConnection: close\r\n\r\nGET`;
    const bytes = Buffer.from(text, 'latin1');
    const whole = readAll([bytes]);
    expect(whole).toEqual(['GET "a/b"', 'HEAD "x" close', 'partial']);
    for (let at = 1; at < bytes.length; at++) {
      expect(readAll([bytes.subarray(0, at), bytes.subarray(at)]), `cut at ${at}`).toEqual(whole);
    }
    expect(readAll(Array.from(bytes, (byte) => Buffer.of(byte)))).toEqual(whole);
  });

  test('for requests good and bad, with any bytes changed, cut anywhere', () => {
    const changes = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 3 });
    fc.assert(
      fc.property(
        fc.array(request, { minLength: 1, maxLength: 3 }),
        changes,
        fc.array(fc.nat(), { maxLength: 6 }),
        (texts, edits, cuts) => {
          const bytes = Buffer.from(texts.join(''), 'latin1');
          for (const [at, byte] of edits) bytes[at % bytes.length] = byte;
          const places = [0, ...cuts.map((cut) => cut % bytes.length), bytes.length].sort((a, b) => a - b);
          const packets = places.slice(1).map((end, i) => Buffer.from(bytes.subarray(places[i], end)));
          expect(readAll(packets)).toEqual(readAll([bytes]));
        },
      ),
      { numRuns: 1000 },
    );
  });
});
