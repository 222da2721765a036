// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { CrashCluster } from './testing/crash-cluster.ts';

/** Frames and Raft messages that one idle node receives in so many ticks. */
async function idleTraffic(initialShards: number, ticks: number): Promise<{ frames: number; messages: number }> {
  const cluster = await new CrashCluster({ nodes: 3, config: { initialShards } }).form();
  await cluster.run(40);
  const seen = { frames: 0, messages: 0 };
  cluster.engines.forEach((engine, i) => {
    cluster.network.attach(engine.nodeId, `n${i}:1`, {
      onFrame: (from, frame) => {
        if (frame.raft.length > 0) seen.frames++;
        seen.messages += frame.raft.length;
        engine.onFrame(from, frame);
      },
      onDisconnect: (from) => engine.onDisconnect(from),
      onQuestion: async (question) => engine.onQuestion(question),
      onSnapshot: (from, header) => engine.onSnapshot(from, header),
    });
  });
  await cluster.run(ticks);
  return seen;
}

it('bug 26 (cockroach#9383, cockroach#129688, tikv#16429): idle groups do not sleep, they share the frames of their nodes', async () => {
  const ticks = 8;
  const few = await idleTraffic(1, ticks);
  const many = await idleTraffic(24, ticks);
  // A heartbeat and its answer for two followers of each group, and of the meta group, every tick.
  expect(few.messages).toBeGreaterThanOrEqual(4 * 2 * ticks);
  expect(many.messages).toBeGreaterThanOrEqual(4 * 25 * ticks);
  // At most a few frames a tick in each direction between three nodes, however many groups there are.
  expect(many.frames).toBeLessThanOrEqual(3 * 2 * 4 * ticks);
});

it('bug 26 (tikv#10017): every idle group finds a new leader when a node dies', async () => {
  const cluster = await new CrashCluster({ nodes: 3, config: { initialShards: 8 } }).form();
  await cluster.run(60);
  const dead = cluster.leader();
  cluster.crash(dead, 0);
  cluster.network.cut(cluster.engine(dead).nodeId);
  const alive = [0, 1, 2].filter((i) => i !== dead).map((i) => cluster.engine(i));
  const led = (): number => {
    const shards = alive.flatMap((engine) => [...engine.host.replicasByShard.values()].filter((r) => r.isLeader));
    return new Set(shards.map((replica) => replica.shard)).size;
  };
  await cluster.until('leaders of all groups', () => led() === 9, 100);
  expect(led()).toBe(9);
});
