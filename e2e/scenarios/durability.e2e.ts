// SPDX-License-Identifier: Apache-2.0
import { spawn, spawnSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { createLink } from '../harness/links-api.ts';
import { TestCluster } from '../harness/test-cluster.ts';
import type { TestNode } from '../harness/test-node.ts';

const creates = 500;
const hasStrace = spawnSync('strace', ['-V']).status === 0;

/** Counts a process's fsync and fdatasync calls from now on, on all its threads. */
function countSyncs(node: TestNode): { readonly stop: () => Promise<number> } {
  const tracer = spawn('strace', ['-f', '-q', '-e', 'trace=fsync,fdatasync', '-p', String(node.pid())], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let text = '';
  tracer.stderr.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  return {
    stop: async () => {
      tracer.kill('SIGINT');
      await new Promise((resolve) => tracer.once('close', resolve));
      return text.match(/f(?:data)?sync\(/g)?.length ?? 0;
    },
  };
}

// kill -9 alone would not notice a missing fsync: the operating system keeps what the process has written.
it.skipIf(!hasStrace)('makes at least one durable write a create on a quorum of nodes', async () => {
  await using cluster = await TestCluster.start({ nodes: 3 });
  const leader = await cluster.leader();
  const counters = cluster.nodes.map(countSyncs);
  await sleep(1000);
  for (let i = 0; i < creates; i++) {
    const response = await createLink(cluster.node(0), { url: 'https://example.com/', code: `sync-${i}` });
    expect(response.status).toBe(201);
    await response.arrayBuffer();
  }
  const counts = await Promise.all(counters.map(async (counter) => counter.stop()));
  const message = `syncs by node: ${counts.join(', ')}`;
  // One after the other, so none shares the leader's fsync with the one before, nor the fsync of the follower that made
  // it a quorum. That is not the same follower each time: the slower one may cover several appends at once.
  const atLeader = counts[leader.index] ?? 0;
  const atFollowers = counts.reduce((sum, count) => sum + count, 0) - atLeader;
  expect(atLeader, message).toBeGreaterThanOrEqual(creates);
  expect(atFollowers, message).toBeGreaterThanOrEqual(creates);
});
