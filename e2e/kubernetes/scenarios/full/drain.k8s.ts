// SPDX-License-Identifier: Apache-2.0
import { expect } from 'vitest';
import { KubeError } from '../../../../operator/src/ports/kube-api.ts';
import { eventually } from '../../../harness/wait.ts';
import { scenario } from '../../world/scenario.ts';
import type { World } from '../../world/world.ts';

scenario(
  'one machine is drained at a time: the second drain waits until the first pod is back',
  { limitMs: 600_000 },
  async (world) => {
    const cluster = await world.cluster();
    await using load = await world.load(cluster);
    const [first = '', second = ''] = [(await cluster.pod(0))?.spec.nodeName, (await cluster.pod(1))?.spec.nodeName];
    const uids = await cluster.podUids();
    await cordon(world, first, true);
    await cordon(world, second, true);
    try {
      await eventually('the first eviction', async () => evicted(world, 'links-0'), 60_000);
      // Its volume is on its machine, or it takes its time elsewhere: meanwhile there are two.
      expect(await evicted(world, 'links-1')).toBe(false);
      await load.goesOn();
      await cordon(world, first, false);
      await cluster.untilPodIsBack(0, uids.get('links-0'), 180_000);
      await eventually('the second eviction', async () => evicted(world, 'links-1'), 180_000);
    } finally {
      await cordon(world, first, false);
      await cordon(world, second, false);
    }
    await cluster.untilPodIsBack(1, uids.get('links-1'), 180_000);
    await cluster.untilWhole(180_000);
    await load.goesOn();
    expect(await load.verdict()).toEqual([]);
    expect(load.failures).toEqual([]);
  },
);

/** As `kubectl cordon` and `uncordon` do it. */
async function cordon(world: World, machine: string, isClosed: boolean): Promise<void> {
  await world.objects.apply({ apiVersion: 'v1', kind: 'Node', plural: 'nodes', namespaced: false }, {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: machine },
    spec: { unschedulable: isClosed },
  } as Parameters<World['objects']['apply']>[1]);
}

/** As `kubectl drain` does it. False: a disruption budget is against it. */
async function evicted(world: World, pod: string): Promise<boolean> {
  try {
    await world.objects.evict({ namespace: world.namespace, name: pod });
    return true;
  } catch (error) {
    if (error instanceof KubeError && error.status === 429) return false;
    throw error;
  }
}
