// SPDX-License-Identifier: Apache-2.0
import { expect } from 'vitest';
import { scenario } from '../../world/scenario.ts';

scenario('a pod that is killed under load comes back, and nothing is lost', { limitMs: 240_000 }, async (world) => {
  const cluster = await world.cluster();
  const ids = await cluster.nodeIds();
  await using load = await world.load(cluster);
  const { shards = [] } = (await cluster.read())?.status ?? {};
  // The leader of a shard: its end costs an election, too.
  const victim = Number(shards[0]?.leader?.split('-').at(-1) ?? 0);
  const uid = (await cluster.pod(victim))?.metadata.uid;
  await world.timed('pod back', async () => {
    await cluster.deletePod(victim, 0);
    await cluster.untilPodIsBack(victim, uid, 120_000);
  });
  await load.goesOn();
  await cluster.untilWhole(120_000);
  expect(await load.verdict()).toEqual([]);
  // With its volume it is the node that it was.
  expect(await cluster.nodeIds()).toEqual(ids);
  world.measure('load', load.summary);
});
