// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { scenario } from '../../world/scenario.ts';
import { condition } from '../../world/tested-cluster.ts';

const awayMs = 60_000;

scenario(
  'while the object store is away everything goes on, and the cluster says so; then what waited is uploaded',
  { limitMs: 600_000, needs: ['objectStoreAway'] },
  async (world) => {
    const { store, spec } = await world.objectStoreSpec();
    const cluster = await world.cluster({ objectStore: spec });
    await using load = await world.load(cluster);
    await cluster.requestUpload();
    await cluster.untilUploaded(180_000);
    await store.away();
    try {
      await cluster.requestUpload();
      await cluster.until(
        'the cluster to say that something waits for the object store',
        ({ status }) => (status?.upload?.pendingShards ?? 0) > 0,
        120_000,
      );
      await cluster.until(
        'the cluster to say what the store says',
        (seen) => condition(seen, 'UploadsHealthy')?.reason === 'Failing',
        180_000,
      );
      const end = sleep(awayMs);
      await load.goesOn();
      await end;
      await load.goesOn();
      expect((await cluster.read())?.status?.upload?.completedAt).toBeUndefined();
    } finally {
      await store.back();
    }
    await world.timed('uploaded after its return', async () => cluster.untilUploaded(180_000));
    await cluster.until(
      'uploads to be well again',
      (seen) => condition(seen, 'UploadsHealthy')?.status === 'True',
      120_000,
    );
    expect(await load.verdict()).toEqual([]);
    expect(load.failures).toEqual([]);
    world.measure('load', load.summary);
  },
);
