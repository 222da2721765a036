// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { isReady } from '../../world/objects.ts';
import { scenario } from '../../world/scenario.ts';
import { condition } from '../../world/tested-cluster.ts';

/** Long enough for an operator that goes on to its second pod to be seen. */
const watchedMs = 20_000;

scenario(
  'a bad spec is refused, or stopped at the first pod, said, and taken back by the one before',
  { limitMs: 420_000 },
  async (world) => {
    const cluster = await world.cluster();
    const uids = await cluster.podUids();
    if (world.provider.whyNot('rules') === undefined) {
      await expect(cluster.apply({ storage: { size: '512Mi' } })).rejects.toThrow(/cannot shrink/);
      await expect(cluster.apply({ shards: { initial: 7 } })).rejects.toThrow(/settled when the cluster forms/);
    }
    await using load = await world.load(cluster);
    const { bad } = world.provider.images;
    await cluster.apply({ image: bad });
    await cluster.until(
      'the cluster to say that a pod does not start',
      (seen) =>
        condition(seen, 'Degraded')?.status === 'True' && /Image/.test(condition(seen, 'Degraded')?.message ?? ''),
      180_000,
    );
    await sleep(watchedMs);
    const pods = await cluster.pods();
    expect(pods.filter(({ spec }) => spec.containers[0]?.image === bad)).toHaveLength(1);
    expect(pods.filter(isReady)).toHaveLength(2);
    expect((await cluster.condition('Upgrading'))?.status).toBe('True');
    await load.goesOn();
    await world.timed('back to the good image', async () => {
      await cluster.apply({ image: undefined });
      await cluster.untilWhole(180_000);
    });
    // Those that were never touched were not touched by the way back either.
    const now = await cluster.podUids();
    expect([...now].filter(([name, uid]) => uids.get(name) === uid)).toHaveLength(2);
    expect(await load.verdict()).toEqual([]);
    expect(load.failures).toEqual([]);
  },
);
