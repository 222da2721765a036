// SPDX-License-Identifier: Apache-2.0
import { expect } from 'vitest';
import { eventually } from '../../../harness/wait.ts';
import { kinds } from '../../world/objects.ts';
import { scenario } from '../../world/scenario.ts';

scenario(
  'when the cluster and all its volumes are gone, a new one has the links from the object store',
  { limitMs: 600_000, needs: ['objectStore'] },
  async (world) => {
    const { spec } = await world.objectStoreSpec();
    const cluster = await world.cluster({ objectStore: spec });
    const id = (await cluster.read())?.status?.clusterID;
    await using load = await world.load(cluster);
    while (load.acknowledged < 500) await load.goesOn();
    await load.stop();
    await cluster.requestUpload();
    await cluster.untilUploaded(180_000);

    await cluster.delete();
    await eventually('the pods to be gone', async () => (await cluster.pods()).length === 0, 120_000);
    const volumes = await world.objects.list(kinds.claims, world.namespace, cluster.selector);
    // That they are still there is what deletionPolicy Retain means.
    expect(volumes).toHaveLength(3);
    for (const { metadata } of volumes)
      await world.objects.delete(kinds.claims, { namespace: world.namespace, name: metadata.name });
    const left = async () => world.objects.list(kinds.claims, world.namespace, cluster.selector);
    await eventually('the volumes to be gone', async () => (await left()).length === 0, 120_000);

    await world.timed('from the object store', async () => {
      const url = `${String(spec['url'])}-again`;
      await cluster.apply({ objectStore: { url }, bootstrap: { fromObjectStore: { url: spec['url'] } } });
      await cluster.untilWhole(300_000);
    });
    expect((await cluster.read())?.status?.clusterID).not.toBe(id);
    expect(await load.verdict()).toEqual([]);
    world.measure('load', load.summary);
  },
);
