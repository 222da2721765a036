// SPDX-License-Identifier: Apache-2.0
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ownHostSet, parseDestination } from './destination.ts';

const policy = { schemes: new Set(['http', 'https']), ownHosts: ownHostSet(['Go.Example.com', 'localhost:8080']) };

function outcome(input: string): string {
  const result = parseDestination(input, policy);
  return result.ok ? result.url : `refused: ${result.reason}`;
}

test.each([
  ['HTTP://Example.ORG', 'http://example.org/'],
  ['https:example.org/a b', 'https://example.org/a%20b'],
  ['http://bücher.example/ü?q=ü', 'http://xn--bcher-kva.example/%C3%BC?q=%C3%BC'],
  ['http://0x7f.1/', 'http://127.0.0.1/'],
  ['http://example.org:80/../x', 'http://example.org/x'],
  ['http://localhost:8081/', 'http://localhost:8081/'],
])('%s is stored as browsers read it', (input, stored) => {
  expect(outcome(input)).toBe(stored);
});

test.each([
  ['javascript:alert(1)', 'scheme javascript'],
  ['data:text/html,x', 'scheme data'],
  ['file:///etc/passwd', 'scheme file'],
  ['ftp://example.org/', 'scheme ftp'],
  ['//example.org/', 'not an absolute URL'],
  ['example.org', 'not an absolute URL'],
  ['', 'not an absolute URL'],
  ['http://user@example.org/', 'user name'],
  ['http://:secret@example.org/', 'user name'],
  ['http://exa\tmple.org/', 'control character'],
  ['http://example.org/\r\nSet-Cookie: a=b', 'control character'],
  ['\u0000http://example.org/', 'control character'],
  ['http://example.org/\u0085', 'control character'],
  ['https://go.example.com/x', 'this service itself'],
  ['https://GO.example.com.:444/x', 'this service itself'],
  ['http://localhost:8080/x', 'this service itself'],
])('%j is refused', (input, reason) => {
  expect(outcome(input)).toContain(reason);
});

test('the length counts bytes, before and after the encoding', () => {
  const base = 'http://example.org/';
  expect(outcome(base + 'a'.repeat(8192 - base.length))).toHaveLength(8192);
  expect(outcome(base + 'a'.repeat(8193 - base.length))).toContain('longer than 8192 bytes');
  expect(outcome(base + 'ü'.repeat(4090))).toContain('longer than 8192 bytes');
  expect(outcome(base + 'ü'.repeat(2000))).toContain('longer than 8192 bytes once it is encoded');
});

interface UrlCase {
  readonly input: string;
  readonly base: string | null;
  readonly href?: string;
  readonly failure?: boolean;
}

const file = join(
  process.env['CONFORMANCE_DATA'] ?? join(import.meta.dirname, '../../../../shared/data'),
  'urls/wpt-urltestdata.json',
);

describe.skipIf(!existsSync(file))(
  `cases of the web platform (skipped where ${'urls/wpt-urltestdata.json'} is missing)`,
  () => {
    const cases = existsSync(file)
      ? (JSON.parse(readFileSync(file, 'utf8')) as (UrlCase | string)[]).filter((entry) => typeof entry !== 'string')
      : [];
    const absolute = cases.filter((entry) => entry.base === null);

    test('what browsers cannot read is refused', () => {
      const failures = absolute.filter((entry) => entry.failure === true);
      expect(failures.length).toBeGreaterThan(100);
      expect(failures.filter((entry) => parseDestination(entry.input, policy).ok).map((entry) => entry.input)).toEqual(
        [],
      );
    });

    test('what is taken is stored as browsers read it, and reads as itself again', () => {
      const taken = absolute
        .map((entry) => ({ entry, result: parseDestination(entry.input, policy) }))
        .filter(({ result }) => result.ok);
      expect(taken.length).toBeGreaterThan(50);
      for (const { entry, result } of taken) {
        const url = result.ok ? result.url : '';
        expect(url).toBe(entry.href);
        expect(parseDestination(url, policy)).toEqual(result);
      }
    });

    test('a readable http URL is refused for nothing but control characters and user names', () => {
      const readable = absolute.filter((entry) => /^https?:/.test(entry.href ?? ''));
      const reasons = readable
        .map((entry) => parseDestination(entry.input, policy))
        .flatMap((result) => (result.ok ? [] : [result.reason]));
      expect(new Set(reasons)).toEqual(new Set(['contains a control character', 'contains a user name or password']));
    });
  },
);
