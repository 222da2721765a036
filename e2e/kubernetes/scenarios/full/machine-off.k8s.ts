// SPDX-License-Identifier: Apache-2.0
import { expect } from 'vitest';
import { scenario } from '../../world/scenario.ts';

scenario(
  'a machine that is powered off and on costs nothing but time',
  { limitMs: 600_000, needs: ['power'] },
  async (world) => {
    const cluster = await world.cluster({ ring: { outAfter: '10m' } });
    const before = (await cluster.read())?.status;
    const ids = await cluster.nodeIds();
    await using load = await world.load(cluster);
    const machine = (await cluster.pod(0))?.spec.nodeName ?? '';
    await world.provider.machines.off(machine);
    try {
      await cluster.until(
        'the node to be DOWN',
        ({ status }) => status?.nodes?.some(({ pod, state }) => pod === 'links-0' && state === 'DOWN') === true,
        180_000,
      );
      await world.timed('20 writes and visits without it', async () => load.goesOn(120_000));
    } finally {
      await world.provider.machines.on(machine);
    }
    await world.timed('whole again', async () => cluster.untilWhole(240_000));
    await load.goesOn();
    expect(await cluster.nodeIds()).toEqual(ids);
    // It was back in time: nothing has moved.
    expect((await cluster.read())?.status?.ring?.epoch).toBe(before?.ring?.epoch);
    expect(await load.verdict()).toEqual([]);
    world.measure('load', load.summary);
  },
);
