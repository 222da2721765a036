// SPDX-License-Identifier: Apache-2.0
import { expect } from 'vitest';
import { scenario } from '../../world/scenario.ts';

scenario(
  'an upload that is asked for puts all rows into chunks, on two nodes each, and takes them from the hot tier',
  { limitMs: 420_000, needs: ['objectStore'] },
  async (world) => {
    const { spec } = await world.objectStoreSpec();
    const cluster = await world.cluster({ objectStore: spec });
    await using load = await world.load(cluster);
    await world.timed('upload', async () => {
      await cluster.requestUpload();
      await cluster.untilUploaded(180_000);
    });
    await load.goesOn();
    await cluster.until(
      'two copies of every chunk',
      ({ status }) => {
        const { total = 0, underReplicated = 1 } = status?.chunks ?? {};
        const copies = status?.nodes?.reduce((sum, { chunksHeld = 0 }) => sum + chunksHeld, 0) ?? 0;
        return total > 0 && underReplicated === 0 && copies === 2 * total;
      },
      60_000,
    );
    // Nothing waits any more: what was sealed is retired, and read from the chunks.
    expect((await cluster.read())?.status?.upload).toMatchObject({ reason: 'Annotation', pendingShards: 0 });
    expect(await load.verdict()).toEqual([]);
    expect(load.failures).toEqual([]);
    world.measure('load', load.summary);
  },
);
