// SPDX-License-Identifier: Apache-2.0
import { expect } from 'vitest';
import { kinds } from '../../world/objects.ts';
import { scenario } from '../../world/scenario.ts';

scenario(
  'three nodes become five and three again under load, and nothing fails or is left behind',
  { limitMs: 600_000 },
  async (world) => {
    const cluster = await world.cluster();
    const ids = await cluster.nodeIds();
    await using load = await world.load(cluster);
    await world.timed('3 to 5', async () => {
      await cluster.apply({ replicas: 5 });
      await cluster.untilWhole(240_000);
    });
    await load.goesOn();
    await world.timed('5 to 3', async () => {
      await cluster.apply({ replicas: 3 });
      await cluster.untilWhole(300_000);
    });
    await load.goesOn();
    expect(await cluster.nodeIds()).toEqual(ids);
    // What was drained is of no use to anybody: only then its volume goes.
    await cluster.until('the cluster to rest', ({ status }) => status?.plan === undefined, 60_000);
    const claims = await world.objects.list(kinds.claims, world.namespace, cluster.selector);
    expect(claims.map(({ metadata }) => metadata.name).toSorted()).toEqual([
      'data-links-0',
      'data-links-1',
      'data-links-2',
    ]);
    expect(await load.verdict()).toEqual([]);
    world.measure('load', load.summary);
    expect(load.failures).toEqual([]);
  },
);
