// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { ManualClock } from '../testing/manual-clock.ts';
import { watchEventLoop } from './watchdog.ts';

test('a loop that was blocked for longer than the limit is noticed, once for each time', async () => {
  const clock = new ManualClock();
  const seen: number[] = [];
  const stop = watchEventLoop(clock, 10_000, (blockedMs) => seen.push(blockedMs));
  await clock.advance(60_000);
  expect(seen).toEqual([]);
  clock.block(9000);
  await clock.advance(5000);
  expect(seen).toEqual([]);
  clock.block(11_500);
  await clock.advance(5000);
  expect(seen).toEqual([10_500]);
  stop();
  expect(clock.timers).toBe(0);
});
