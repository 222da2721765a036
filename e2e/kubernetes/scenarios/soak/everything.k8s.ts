// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { scenario } from '../../world/scenario.ts';
import type { TestedCluster } from '../../world/tested-cluster.ts';
import type { World } from '../../world/world.ts';

const minuteMs = 60_000;
const soakMs = Number(process.env['E2E_SOAK_MINUTES'] ?? 120) * minuteMs;
const wholeLimitMs = 10 * minuteMs;
const awayMs = 30_000;

type Event = (world: World, cluster: TestedCluster) => Promise<void>;

/** What happens in the life of a cluster, in a hurry. */
const events: Readonly<Record<string, Event>> = {
  'a pod is killed': async (_world, cluster) => cluster.deletePod(Math.floor(Math.random() * 3), 0),
  'a pod ends in order': async (_world, cluster) => cluster.deletePod(Math.floor(Math.random() * 3)),
  'another image': async (world, cluster) => cluster.apply({ image: world.provider.images.next }),
  'the first image': async (world, cluster) => cluster.apply({ image: world.provider.images.node }),
  'five nodes': async (_world, cluster) => cluster.apply({ replicas: 5 }),
  'three nodes': async (_world, cluster) => cluster.apply({ replicas: 3 }),
  'an upload': async (_world, cluster) => cluster.requestUpload(),
  'the operator is killed': async (world) => world.provider.operator.kill(),
  'no operator for a while': async ({ provider: { operator } }) => {
    await operator.stop();
    await sleep(awayMs);
    await operator.start();
  },
};

scenario(
  'a cluster to which everything happens over and over stays whole, and no planned event costs a redirect',
  { limitMs: soakMs + 2 * wholeLimitMs, needs: ['objectStore'] },
  async (world) => {
    const { spec } = await world.objectStoreSpec();
    const cluster = await world.cluster({ objectStore: spec });
    await using load = await world.load(cluster);
    const untilMs = performance.now() + soakMs;
    let happened = 0;
    while (performance.now() < untilMs) {
      const [name, event] = Object.entries(events)[Math.floor(Math.random() * Object.keys(events).length)] ?? [];
      const failures = load.failures.length;
      await event?.(world, cluster);
      await cluster.untilWhole(wholeLimitMs);
      await load.goesOn();
      // A pod that is killed takes what is under way with it.
      if (name !== 'a pod is killed')
        expect({ name, failures: load.failures.slice(failures) }).toEqual({ name, failures: [] });
      happened++;
    }
    world.measure('events', happened);
    world.measure('load', load.summary);
    expect(await load.verdict()).toEqual([]);
  },
);
