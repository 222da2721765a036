// SPDX-License-Identifier: Apache-2.0
import { expect } from 'vitest';
import { kinds } from '../../world/objects.ts';
import { scenario } from '../../world/scenario.ts';
import { condition } from '../../world/tested-cluster.ts';

scenario(
  'a suspended cluster has no pods and keeps its volumes, and goes on where it was',
  { limitMs: 420_000 },
  async (world) => {
    const cluster = await world.cluster();
    const ids = await cluster.nodeIds();
    await using load = await world.load(cluster);
    await load.goesOn();
    await load.stop();
    await world.timed('suspension', async () => {
      await cluster.apply({ suspend: true });
      await cluster.until(
        'the pods to be gone',
        (seen) => seen.status?.replicas === 0 && condition(seen, 'Suspended')?.status === 'True',
        120_000,
      );
    });
    expect(await cluster.pods()).toEqual([]);
    expect(await world.objects.list(kinds.claims, world.namespace, cluster.selector)).toHaveLength(3);
    await world.timed('resumption', async () => {
      await cluster.apply({ suspend: false });
      await cluster.untilWhole(180_000);
    });
    expect(await cluster.nodeIds()).toEqual(ids);
    expect(await load.verdict()).toEqual([]);
    expect(load.failures).toEqual([]);
  },
);
