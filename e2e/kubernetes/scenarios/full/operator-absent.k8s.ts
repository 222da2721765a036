// SPDX-License-Identifier: Apache-2.0
import { expect } from 'vitest';
import { scenario } from '../../world/scenario.ts';

scenario(
  'without its operator a cluster serves and heals, and what was asked for meanwhile is done when it is back',
  { limitMs: 600_000 },
  async (world) => {
    const cluster = await world.cluster();
    const ids = await cluster.nodeIds();
    await using load = await world.load(cluster);
    const { operator } = world.provider;
    await operator.stop();
    try {
      const uid = (await cluster.pod(2))?.metadata.uid;
      await cluster.apply({ replicas: 4 });
      await cluster.deletePod(2, 0);
      // Its zone is on its volume: nobody has to tell it.
      await cluster.untilPodIsBack(2, uid, 180_000);
      await load.goesOn();
      expect(await cluster.pods()).toHaveLength(3);
    } finally {
      await operator.start();
    }
    await world.timed('what was asked for meanwhile', async () => cluster.untilWhole(240_000));
    await load.goesOn();
    const now = await cluster.nodeIds();
    for (const [pod, id] of ids) expect(now.get(pod)).toBe(id);
    expect(await load.verdict()).toEqual([]);
    world.measure('load', load.summary);
  },
);
