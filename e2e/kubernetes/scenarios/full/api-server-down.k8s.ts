// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { scenario } from '../../world/scenario.ts';

const awayMs = 60_000;

scenario(
  'a minute without the API server: redirects and writes go on, and the operator is there again afterwards',
  { limitMs: 600_000, needs: ['apiServer'] },
  async (world) => {
    const cluster = await world.cluster();
    await using load = await world.load(cluster);
    await world.provider.apiServer.stop();
    try {
      const end = sleep(awayMs);
      await load.goesOn();
      await end;
      await load.goesOn();
      expect(load.failures).toEqual([]);
    } finally {
      await world.provider.apiServer.start();
    }
    await world.timed('operator at work again', async () => {
      await cluster.apply({ replicas: 4 });
      await cluster.untilWhole(300_000);
    });
    await load.goesOn();
    expect(await load.verdict()).toEqual([]);
    world.measure('load', load.summary);
  },
);
