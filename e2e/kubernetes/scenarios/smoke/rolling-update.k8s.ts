// SPDX-License-Identifier: Apache-2.0
import { expect } from 'vitest';
import { isReady } from '../../world/objects.ts';
import { scenario } from '../../world/scenario.ts';

scenario(
  'another image reaches every pod, one after the other, and no redirect and no write fails',
  { limitMs: 420_000 },
  async (world) => {
    const cluster = await world.cluster();
    const [ids, uids] = [await cluster.nodeIds(), await cluster.podUids()];
    await using load = await world.load(cluster);
    let leastReady = 3;
    await world.timed('rolling update', async () => {
      await cluster.apply({ image: world.provider.images.next });
      const look = setInterval(() => {
        void cluster
          .pods()
          .then((pods) => (leastReady = Math.min(leastReady, pods.filter(isReady).length)))
          .catch(() => undefined);
      }, 1000);
      try {
        await cluster.untilWhole(300_000);
      } finally {
        clearInterval(look);
      }
    });
    await load.goesOn();
    const pods = await cluster.pods();
    expect(pods.map(({ spec }) => spec.containers[0]?.image)).toEqual(Array(3).fill(world.provider.images.next));
    for (const { metadata } of pods) expect(uids.get(metadata.name)).not.toBe(metadata.uid);
    expect(await cluster.nodeIds()).toEqual(ids);
    expect(leastReady).toBeGreaterThanOrEqual(2);
    expect(await load.verdict()).toEqual([]);
    world.measure('load', load.summary);
    expect(load.failures).toEqual([]);
  },
);
