// SPDX-License-Identifier: Apache-2.0
import { expect, test, vi } from 'vitest';
import { CrashPoints, CrashedError, allCrashPoints } from './crash-points.ts';

test('a life without a crash counts its effects', async () => {
  const points = new CrashPoints();
  expect(await points.around('a', () => Promise.resolve(1))).toBe(1);
  await expect(points.around('b', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(points.passed).toEqual(['a', 'b']);
  expect(points.isCrashed).toBe(false);
});

test('a crash before an effect keeps it from happening', async () => {
  const points = new CrashPoints({ index: 1, when: 'before' });
  const act = vi.fn<() => Promise<void>>(() => Promise.resolve());
  await points.around('a', act);
  await expect(points.around('b', act)).rejects.toThrow(CrashedError);
  expect(act).toHaveBeenCalledTimes(1);
});

test('a crash after an effect hides that it happened, also when it failed', async () => {
  for (const outcome of [() => Promise.resolve(), () => Promise.reject(new Error('no'))]) {
    const points = new CrashPoints({ index: 0, when: 'after' });
    const act = vi.fn<() => Promise<void>>(outcome);
    await expect(points.around('a', act)).rejects.toThrow(CrashedError);
    expect(act).toHaveBeenCalledTimes(1);
  }
});

test('nothing happens after a crash, and what was under way hears of nothing', async () => {
  const points = new CrashPoints({ index: 1, when: 'before' });
  const listener = vi.fn<() => void>();
  points.onCrash(listener);
  const slow = Promise.withResolvers<void>();
  const underWay = points.around('a', () => slow.promise);
  await expect(points.around('b', () => Promise.resolve())).rejects.toThrow(CrashedError);
  slow.resolve();
  await expect(underWay).rejects.toThrow(CrashedError);
  await expect(points.around('c', () => Promise.resolve())).rejects.toThrow(CrashedError);
  expect(points.passed).toEqual(['a', 'b']);
  expect(listener).toHaveBeenCalledTimes(1);
});

test('every effect has a point before and one after it', () => {
  expect(allCrashPoints(2)).toEqual([
    { index: 0, when: 'before' },
    { index: 0, when: 'after' },
    { index: 1, when: 'before' },
    { index: 1, when: 'after' },
  ]);
});
