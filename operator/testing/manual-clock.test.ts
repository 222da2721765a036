// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { ManualClock } from './manual-clock.ts';
import { SeededRandom } from './seeded-random.ts';

test('timers run at their time and in their order, those that they set too', async () => {
  const clock = new ManualClock();
  const seen: string[] = [];
  const note = (name: string) => () => seen.push(`${name}@${clock.monotonicMs()}`);
  clock.after(20, note('b'));
  clock.after(10, () => {
    note('a')();
    clock.after(5, note('c'));
  });
  const cancel = clock.after(12, note('cancelled'));
  cancel();
  expect(clock.nextTimerMs()).toBe(10);
  await clock.advance(19);
  expect(seen).toEqual(['a@10', 'c@15']);
  await clock.advance(1);
  expect(seen).toEqual(['a@10', 'c@15', 'b@20']);
  expect(clock.nextTimerMs()).toBeUndefined();
});

test('a jump moves the wall clock and nothing else', async () => {
  const clock = new ManualClock(1000);
  let isRun = false;
  clock.after(100, () => (isRun = true));
  clock.jump(3_600_000);
  expect([clock.nowMs(), clock.monotonicMs(), isRun]).toEqual([3_601_000, 0, false]);
  await clock.advance(100);
  expect([clock.nowMs(), isRun]).toEqual([3_601_100, true]);
});

test('random draws are those of their seed', () => {
  const draws = (seed: number): unknown => {
    const random = new SeededRandom(seed);
    return [random.fraction(), [...random.bytes(4)], random.shuffle([1, 2, 3, 4, 5])];
  };
  expect(draws(7)).toEqual(draws(7));
  expect(draws(7)).not.toEqual(draws(8));
  const many = Array.from(
    { length: 1000 },
    (
      (random) => () =>
        random.fraction()
    )(new SeededRandom(1)),
  );
  expect(Math.min(...many)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...many)).toBeLessThan(1);
  const mean = many.reduce((sum, one) => sum + one, 0) / many.length;
  expect(mean).toBeCloseTo(0.5, 1);
});
