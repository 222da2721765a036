// SPDX-License-Identifier: Apache-2.0
import { expect } from 'vitest';
import { scenario } from '../../world/scenario.ts';
import { condition } from '../../world/tested-cluster.ts';

const saidMs = 120_000;
const wholeMs = 240_000;

scenario(
  'what keeps several pods from starting is mended by the spec alone: a wrong image of a new cluster, too many nodes for the machines',
  { limitMs: 900_000, needs: ['rules'] },
  async (world) => {
    const { images } = world.provider;
    const cluster = await world.request({ image: images.bad, scheduling: { hostSpread: 'Required' } });
    await cluster.until(
      'the image to be named as what is wrong',
      (seen) => condition(seen, 'Degraded')?.message?.includes(images.bad) === true,
      saidMs,
    );
    await cluster.apply({ image: images.node });
    await world.timed('whole with the right image', async () => cluster.untilWhole(wholeMs));
    const ids = await cluster.nodeIds();

    await using load = await world.load(cluster);
    const machines = 3;
    await cluster.apply({ replicas: machines + 2 });
    await cluster.until(
      'two pods to find no machine',
      ({ status }) => status?.replicas === machines + 2 && status.plan?.waitingFor?.includes('Unschedulable') === true,
      saidMs,
    );
    await cluster.apply({ replicas: machines });
    await world.timed('whole with as many nodes as machines', async () => cluster.untilWhole(wholeMs));
    expect(await cluster.nodeIds()).toEqual(ids);
    await load.goesOn();
    expect(await load.verdict()).toEqual([]);
    expect(load.failures).toEqual([]);
  },
);
