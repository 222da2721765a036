// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { PolitePause } from './polite-pause.ts';
import type { ThreadTimes } from './polite-pause.ts';

/** A thread whose clocks are moved by hand. */
function thread() {
  const times = { cpuMs: 100, wallMs: 1000 };
  const pause = new PolitePause((): ThreadTimes => ({ ...times }));
  const work = async (cpuMs: number, wallMs: number): Promise<number> => {
    times.cpuMs += cpuMs;
    times.wallMs += wallMs;
    const dueMs = pause.dueMs();
    await pause.take();
    return dueMs;
  };
  return { work };
}

it('there are none for a thread that has a core to itself', async () => {
  const { work } = thread();
  expect(await work(5, 5)).toBe(0);
  expect(await work(5, 5)).toBe(0);
});

it('they are as long as the thread had to wait for a core, and at most three times what it worked', async () => {
  const { work } = thread();
  expect(await work(5, 9)).toBe(4);
  expect(await work(2, 100)).toBe(6);
});
