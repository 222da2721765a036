// SPDX-License-Identifier: Apache-2.0
import { expect } from 'vitest';
import { scenario } from '../../world/scenario.ts';

scenario(
  'a machine that nobody reaches: the others go on, the cut-off node answers nothing old, and is one of them again',
  { limitMs: 600_000, needs: ['partition'] },
  async (world) => {
    const cluster = await world.cluster({ ring: { outAfter: '10m' } });
    const ids = await cluster.nodeIds();
    await using load = await world.load(cluster);
    const leader = (await cluster.read())?.status?.shards?.[0]?.leader ?? 'links-0';
    const machine = (await cluster.pod(Number(leader.split('-').at(-1))))?.spec.nodeName ?? '';
    await world.provider.machines.cutOff(machine);
    try {
      await cluster.until(
        'another leader, and the node to be DOWN',
        ({ status }) =>
          status?.nodes?.some(({ pod, state }) => pod === leader && state === 'DOWN') === true &&
          status.shards?.every((shard) => shard.leader !== undefined && shard.leader !== leader) === true,
        180_000,
      );
      await load.goesOn(120_000);
    } finally {
      await world.provider.machines.reconnect(machine);
    }
    await world.timed('whole again', async () => cluster.untilWhole(240_000));
    await load.goesOn();
    expect(await cluster.nodeIds()).toEqual(ids);
    expect(await load.verdict()).toEqual([]);
    world.measure('load', load.summary);
  },
);
