// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { newLogger } from './pino-logger.ts';
import { sha256 } from './sha256.ts';
import { systemClock } from './system-clock.ts';
import { systemRandom } from './system-random.ts';

test('the clock calls back once, later, or not at all when it is told so', async () => {
  const called: string[] = [];
  const beforeMs = systemClock.monotonicMs();
  const cancel = systemClock.after(1, () => called.push('cancelled'));
  cancel();
  await new Promise<void>((resolve) => {
    systemClock.after(20, () => {
      called.push('later');
      resolve();
    });
  });
  expect(called).toEqual(['later']);
  expect(systemClock.monotonicMs()).toBeGreaterThan(beforeMs);
});

test('a timer of months does not fire at once', async () => {
  const called: string[] = [];
  const cancel = systemClock.after(2 ** 40, () => called.push('too early'));
  await new Promise<void>((resolve) => void systemClock.after(10, resolve));
  cancel();
  expect(called).toEqual([]);
});

test('random bytes differ, and fractions are below one', () => {
  expect(systemRandom.bytes(16)).toHaveLength(16);
  expect(systemRandom.bytes(16)).not.toEqual(systemRandom.bytes(16));
  expect(systemRandom.fraction()).toBeLessThan(1);
});

test('the digest is SHA-256', () => {
  expect(sha256('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
});

test('lines of the log are JSON with level, message, fields and the stack of errors', () => {
  const lines: string[] = [];
  const logger = newLogger({ level: 'info', base: { pod: 'p' }, stream: { write: (line) => void lines.push(line) } });
  logger.debug('not shown');
  logger.info('one');
  logger.warn('two', { key: 'ns/a' });
  logger.error('three', { error: new Error('broken') });
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { level: 'info', pod: 'p', msg: 'one', time: expect.stringMatching(/^\d{4}-.*Z$/) },
    { level: 'warn', msg: 'two', key: 'ns/a' },
    { level: 'error', msg: 'three', error: { message: 'broken', stack: expect.stringContaining('system.test') } },
  ]);
});
