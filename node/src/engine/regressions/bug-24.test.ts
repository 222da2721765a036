// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { CrashCluster, storeOver } from './testing/crash-cluster.ts';
import type { CrashClusterOptions } from './testing/crash-cluster.ts';

/** Cuts the power in the very step in which a write is acknowledged, losing all that was not synchronized. */
async function lostAfterAcknowledgement(options: CrashClusterOptions): Promise<readonly string[]> {
  const cluster = await new CrashCluster(options).form();
  const lost: string[] = [];
  for (const code of ['a', 'b', 'c', 'd']) {
    const pending = cluster.create(0, code);
    while (pending.status === undefined) await cluster.settle();
    expect(pending.status).toBe('ok');
    cluster.crash(0, 0);
    cluster.start(0);
    await cluster.until('the restart', () => cluster.engine(0).health().writable);
    if (!(await cluster.reads(0, code))) lost.push(code);
  }
  return lost;
}

it('bug 24 (etcd#14370, nats#7564): a group of one acknowledges a write only when it is on the disk', async () => {
  expect(await lostAfterAcknowledgement({})).toEqual([]);
});

it('bug 24: without fsync it would lose them', async () => {
  const lazy: CrashClusterOptions['wrapStore'] = (disk) =>
    storeOver(disk, {
      write: (batch, { sync }) => disk.write(batch, { sync: sync && disk.scan('state', all, { limit: 3 }).length < 2 }),
    });
  expect((await lostAfterAcknowledgement({ wrapStore: lazy })).length).toBeGreaterThan(0);
});

const all = { gte: new Uint8Array(0), lt: new Uint8Array(16).fill(0xff) };
