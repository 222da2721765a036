// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { scenario } from '../../world/scenario.ts';

/** Several looks of the new operator at the cluster. */
const watchedMs = 30_000;

scenario(
  'an upgrade of the operator restarts no pod',
  { limitMs: 480_000, needs: ['helm', 'operatorUpgrade'] },
  async (world) => {
    const cluster = await world.cluster();
    const uids = await cluster.podUids();
    await using load = await world.load(cluster);
    await world.timed('upgrade of the operator', async () => world.provider.operator.upgrade());
    await sleep(watchedMs);
    await load.goesOn();
    expect(await cluster.podUids()).toEqual(uids);
    // It is the new one that acts from now on.
    await cluster.apply({ replicas: 4 });
    await cluster.untilWhole(240_000);
    const now = await cluster.podUids();
    for (const [pod, uid] of uids) expect(now.get(pod)).toBe(uid);
    expect(await load.verdict()).toEqual([]);
    expect(load.failures).toEqual([]);
  },
);
