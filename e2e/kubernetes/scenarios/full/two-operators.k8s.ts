// SPDX-License-Identifier: Apache-2.0
import { expect } from 'vitest';
import { kinds } from '../../world/objects.ts';
import { scenario } from '../../world/scenario.ts';

scenario(
  'of two operators one acts, also after their lease is deleted under them and after both are killed',
  { limitMs: 600_000, needs: ['twoOperators'] },
  async (world) => {
    const { operator } = world.provider;
    const cluster = await world.cluster();
    const ids = await cluster.nodeIds();
    await using load = await world.load(cluster);
    await operator.scale(2);
    try {
      await cluster.apply({ replicas: 4 });
      // The other one takes the lease that is missing, while the first believes that it holds it.
      await world.objects.delete(kinds.leases, { namespace: 'shortlink-system', name: 'shortlink-operator' });
      await cluster.untilWhole(300_000);
      const { operatorEpoch = 0 } = (await cluster.read())?.status ?? {};
      await operator.kill();
      await cluster.apply({ replicas: 3 });
      await cluster.untilWhole(300_000);
      expect((await cluster.read())?.status?.operatorEpoch).toBeGreaterThan(operatorEpoch);
    } finally {
      await operator.scale(1);
    }
    await load.goesOn();
    expect(await cluster.nodeIds()).toEqual(ids);
    expect(await load.verdict()).toEqual([]);
    expect(load.failures).toEqual([]);
  },
);
