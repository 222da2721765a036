// SPDX-License-Identifier: Apache-2.0
import { expect } from 'vitest';
import { scenario } from '../../world/scenario.ts';

scenario(
  'after the death of a node its chunks get their second copies elsewhere, and a node that comes back late is taken in',
  { limitMs: 780_000, needs: ['power', 'objectStore'] },
  async (world) => {
    const { spec } = await world.objectStoreSpec();
    const cluster = await world.cluster({ objectStore: spec, ring: { outAfter: '30s' } });
    await using load = await world.load(cluster);
    await cluster.requestUpload();
    await cluster.untilUploaded(180_000);
    const before = (await cluster.read())?.status;
    const machine = (await cluster.pod(2))?.spec.nodeName ?? '';
    await world.provider.machines.off(machine);
    try {
      await world.timed('death to two copies elsewhere', async () =>
        cluster.until(
          'the node to be OUT and every chunk to have two copies on others',
          ({ status }) => {
            const dead = status?.nodes?.find(({ pod }) => pod === 'links-2');
            const { total = 0, underReplicated = 1 } = status?.chunks ?? {};
            const others = status?.nodes?.filter(({ pod }) => pod !== 'links-2') ?? [];
            const copies = others.reduce((sum, { chunksHeld = 0 }) => sum + chunksHeld, 0);
            return dead?.state === 'OUT' && underReplicated === 0 && total > 0 && copies >= 2 * total;
          },
          300_000,
        ),
      );
      await load.goesOn(120_000);
      expect((await cluster.read())?.status?.ring?.epoch).toBeGreaterThan(before?.ring?.epoch ?? 0);
    } finally {
      await world.provider.machines.on(machine);
    }
    await world.timed('whole again', async () => cluster.untilWhole(300_000));
    expect(await load.verdict()).toEqual([]);
    world.measure('load', load.summary);
  },
);
