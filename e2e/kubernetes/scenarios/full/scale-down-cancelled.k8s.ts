// SPDX-License-Identifier: Apache-2.0
import { expect } from 'vitest';
import { scenario } from '../../world/scenario.ts';

scenario(
  'a scale-down that is taken back midway leaves the node that was on its way out where it was',
  { limitMs: 600_000 },
  async (world) => {
    const cluster = await world.cluster({ replicas: 5 });
    const ids = await cluster.nodeIds();
    await using load = await world.load(cluster);
    await cluster.apply({ replicas: 4 });
    await cluster.until(
      'a node to be drained',
      ({ status }) => status?.nodes?.some(({ state }) => state === 'DRAINING') === true,
      120_000,
    );
    await world.timed('taken back', async () => {
      await cluster.apply({ replicas: 5 });
      await cluster.untilWhole(240_000);
    });
    await load.goesOn();
    expect(await cluster.nodeIds()).toEqual(ids);
    expect(await load.verdict()).toEqual([]);
    expect(load.failures).toEqual([]);
  },
);
