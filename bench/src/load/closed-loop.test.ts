// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { runClosedLoop } from './closed-loop.ts';

const plan = { clients: 7, warmUpMs: 20, measureMs: 60 };

describe('the closed loop', () => {
  test('never has more than one request of a client under way, and keeps all clients busy', async () => {
    const underWay = new Set<number>();
    let most = 0;
    await runClosedLoop(async (client) => {
      expect(underWay.has(client)).toBe(false);
      underWay.add(client);
      most = Math.max(most, underWay.size);
      await sleep(1);
      underWay.delete(client);
    }, plan);
    expect(most).toBe(plan.clients);
    expect(underWay.size).toBe(0);
  });

  test('counts only answers within the measured time', async () => {
    let answers = 0;
    const result = await runClosedLoop(async () => {
      await sleep(2);
      answers++;
    }, plan);
    expect(result.operations).toBeGreaterThan(0);
    expect(result.operations).toBeLessThan(answers);
    expect(result.latency.total).toBe(result.operations);
  });

  test('counts failures by message and goes on', async () => {
    let calls = 0;
    const result = await runClosedLoop(
      async () => {
        await sleep(1);
        if (++calls % 2 === 0) throw new Error('refused');
      },
      { ...plan, clients: 1 },
    );
    expect(result.failures.get('refused')).toBeGreaterThan(0);
    expect([...result.failures.keys()]).toEqual(['refused']);
    expect(calls).toBeGreaterThan(2);
  });
});
