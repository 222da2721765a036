// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { scenario } from '../../world/scenario.ts';
import { isWhole, type TestedCluster } from '../../world/tested-cluster.ts';

const betweenMs = 7000;

scenario(
  'an operator that is killed over and over scales and upgrades a cluster as one that lives does',
  { limitMs: 900_000 },
  async (world) => {
    const cluster = await world.cluster();
    const ids = await cluster.nodeIds();
    await using load = await world.load(cluster);
    let kills = 0;
    const phase = async (change: Readonly<Record<string, unknown>>, untilKills: number): Promise<void> => {
      await cluster.apply(change);
      while (kills < untilKills && !(await isDone(cluster))) {
        await sleep(betweenMs);
        await world.provider.operator.kill();
        kills++;
      }
      await cluster.untilWhole(300_000);
    };
    await phase({ replicas: 4 }, 3);
    await phase({ image: world.provider.images.next }, 9);
    await phase({ replicas: 3 }, 12);
    await load.goesOn();
    world.measure('kills', kills);
    expect(kills).toBeGreaterThan(2);
    expect(await cluster.nodeIds()).toEqual(ids);
    expect(await load.verdict()).toEqual([]);
    expect(load.failures).toEqual([]);
    world.measure('load', load.summary);
  },
);

async function isDone(cluster: TestedCluster): Promise<boolean> {
  const seen = await cluster.read();
  return seen !== undefined && isWhole(seen);
}
