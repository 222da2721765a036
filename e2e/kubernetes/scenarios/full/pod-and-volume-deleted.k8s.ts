// SPDX-License-Identifier: Apache-2.0
import { expect } from 'vitest';
import { kinds } from '../../world/objects.ts';
import { scenario } from '../../world/scenario.ts';

scenario(
  'a pod that comes back without its volume joins as a new node, and the old one is forgotten',
  { limitMs: 600_000 },
  async (world) => {
    const cluster = await world.cluster();
    const ids = await cluster.nodeIds();
    await using load = await world.load(cluster);
    const uid = (await cluster.pod(1))?.metadata.uid;
    await world.timed('whole with a new node', async () => {
      await world.objects.delete(kinds.claims, { namespace: world.namespace, name: 'data-links-1' });
      await cluster.deletePod(1, 0);
      await cluster.untilPodIsBack(1, uid, 180_000);
      await cluster.untilWhole(300_000);
    });
    await load.goesOn();
    const now = await cluster.nodeIds();
    expect(now.get('links-1')).not.toBe(ids.get('links-1'));
    expect([now.get('links-0'), now.get('links-2')]).toEqual([ids.get('links-0'), ids.get('links-2')]);
    expect(await load.verdict()).toEqual([]);
    world.measure('load', load.summary);
  },
);
