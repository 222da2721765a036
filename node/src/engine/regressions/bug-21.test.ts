// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { CrashCluster } from './testing/crash-cluster.ts';

/** First index of the log after many writes, while a snapshot at `travelling` is on its way (or none). */
async function firstIndexAfter(travelling: number | undefined): Promise<number> {
  const cluster = await new CrashCluster({ config: { compactEntries: 10 } }).form();
  if (travelling !== undefined) cluster.replica(0).snapshotsInFlight.set(2, travelling);
  for (let i = 0; i < 80; i++) await cluster.created(0, `l${i}`);
  return cluster.replica(0).log.firstIndex();
}

it('bug 21 (hashicorp#212, cockroach#8659, braft#423): the log behind a snapshot stays while that is on its way', async () => {
  expect(await firstIndexAfter(undefined)).toBeGreaterThan(40);
  expect(await firstIndexAfter(15)).toBeLessThanOrEqual(16);
});

it('bug 21: a follower that has installed a snapshot goes on with entries, not with the next snapshot', async () => {
  const cluster = await new CrashCluster({ nodes: 3, config: { compactEntries: 10 } }).form();
  await cluster.created(cluster.leader(), 'first');
  const leader = cluster.leader();
  const away = (leader + 1) % 3;
  cluster.network.cut(cluster.engine(away).nodeId);
  for (let i = 0; i < 60; i++) await cluster.created(leader, `l${i}`);
  const install = { count: 0 };
  const handler = cluster.engine(away);
  cluster.network.attach(handler.nodeId, `n${away}:1`, {
    onFrame: (from, frame) => handler.onFrame(from, frame),
    onDisconnect: (from) => handler.onDisconnect(from),
    onQuestion: async (question) => handler.onQuestion(question),
    onSnapshot: (from, header) => {
      install.count++;
      return handler.onSnapshot(from, header);
    },
  });
  cluster.network.heal(handler.nodeId);
  // Writes go on while the snapshot travels and after.
  for (let i = 60; i < 120; i++) await cluster.created(leader, `l${i}`);
  await cluster.until('the follower', () => cluster.holds(away, 'l119'));
  expect(install.count).toBe(1);
});
