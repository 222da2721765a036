// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatTimestamp, parseTimestamp } from './timestamp.ts';

test.each([
  ['1970-01-01T00:00:00Z', 0],
  ['2030-01-01T00:00:00.123456Z', Date.UTC(2030, 0, 1) + 123],
  ['2030-01-01t02:30:00+02:30', Date.UTC(2030, 0, 1)],
  ['2029-12-31T23:00:00.5-01:00', Date.UTC(2030, 0, 1) + 500],
  ['2028-02-29T00:00:00Z', Date.UTC(2028, 1, 29)],
  ['0001-01-01T00:00:00Z', -62_135_596_800_000],
])('%s is read', (text, ms) => {
  expect(parseTimestamp(text)).toBe(ms);
});

test.each([
  '2030-01-01',
  '2030-01-01T00:00:00',
  '2030-01-01 00:00:00Z',
  '2030-13-01T00:00:00Z',
  '2030-00-01T00:00:00Z',
  '2030-02-29T00:00:00Z',
  '2100-02-29T00:00:00Z',
  '2030-04-31T00:00:00Z',
  '2030-01-01T24:00:00Z',
  '2030-01-01T00:60:00Z',
  '2030-06-30T23:59:60Z',
  '2030-01-01T00:00:00+24:00',
  '2030-01-01T00:00:00.Z',
  '+002030-01-01T00:00:00Z',
])('%s is refused', (text) => {
  expect(parseTimestamp(text)).toBeUndefined();
});

test('what is written is read again', () => {
  const range = {
    min: new Date('0000-01-01T00:00:00Z'),
    max: new Date('9999-12-31T23:59:59.999Z'),
    noInvalidDate: true,
  };
  fc.assert(fc.property(fc.date(range), (date) => parseTimestamp(formatTimestamp(date.getTime())) === date.getTime()));
});
