// SPDX-License-Identifier: Apache-2.0
import { expect } from 'vitest';
import { scenario } from '../../world/scenario.ts';

scenario(
  'a schedule uploads what is only on the nodes, and says when it does so next',
  { limitMs: 480_000, needs: ['objectStore'] },
  async (world) => {
    const { spec } = await world.objectStoreSpec();
    const cluster = await world.cluster({ objectStore: spec, chunks: { uploadSchedule: '* * * * *' } });
    await using load = await world.load(cluster);
    await world.timed('until the schedule has uploaded', async () =>
      cluster.until(
        'an upload by schedule to be complete',
        ({ status }) =>
          status?.upload?.reason === 'Schedule' &&
          status.upload.completedAt !== undefined &&
          (status.chunks?.total ?? 0) > 0,
        240_000,
      ),
    );
    expect(Date.parse((await cluster.read())?.status?.upload?.nextScheduleTime ?? '')).not.toBeNaN();
    await load.goesOn();
    expect(await load.verdict()).toEqual([]);
    expect(load.failures).toEqual([]);
  },
);
