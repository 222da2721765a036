// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { scenario } from '../../world/scenario.ts';
import { isWhole, type Fields, type TestedCluster } from '../../world/tested-cluster.ts';
import type { World } from '../../world/world.ts';

const lookEveryMs = 100;
const wholeWithinMs = 420_000;

scenario(
  'an operator that is killed once in each kind of step scales and upgrades a cluster as one that lives does',
  { limitMs: 1_200_000 },
  async (world) => {
    const cluster = await world.cluster();
    const ids = await cluster.nodeIds();
    await using load = await world.load(cluster);
    const killedIn: string[] = [];
    for (const change of [{ replicas: 4 }, { image: world.provider.images.next }, { replicas: 3 }])
      killedIn.push(...(await killInEachStep(world, cluster, change)));
    await load.goesOn();
    world.measure('killed in', killedIn.join(', '));
    // What each of the changes cannot do without.
    expect(killedIn).toEqual(expect.arrayContaining(['setReplicas', 'holdNode', 'deletePod', 'removeNode']));
    expect(await cluster.nodeIds()).toEqual(ids);
    expect(await load.verdict()).toEqual([]);
    expect(load.failures).toEqual([]);
    world.measure('load', load.summary);
  },
);

/** Kills the operator when the status first names a kind of step. @returns those kinds, until everything is as it should be. */
async function killInEachStep(world: World, cluster: TestedCluster, change: Fields): Promise<readonly string[]> {
  await cluster.apply(change);
  const killedIn: string[] = [];
  const untilMs = performance.now() + wholeWithinMs;
  while (performance.now() < untilMs) {
    const seen = await cluster.read();
    if (seen !== undefined && isWhole(seen)) return killedIn;
    const [kind = ''] = (seen?.status?.plan?.step ?? '').split(' ');
    if (kind === '' || killedIn.includes(kind)) {
      await sleep(lookEveryMs);
      continue;
    }
    killedIn.push(kind);
    await world.provider.operator.kill();
  }
  await cluster.untilWhole(1);
  return killedIn;
}
