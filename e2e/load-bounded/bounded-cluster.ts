// SPDX-License-Identifier: Apache-2.0
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { defined } from '@shortlink/common/assert.ts';
import { metric } from '../harness/metric.ts';
import { ringStatus } from '../harness/ring.ts';
import { clusterStatus } from '../harness/test-cluster.ts';
import { eventually } from '../harness/wait.ts';
import type { LocalCluster, LocalNode } from '../load-real/cluster/local-cluster.ts';

const settleLimitMs = 15 * 60_000;
const healLimitMs = 15 * 60_000;

/** Whatever was sealed is in chunks, with all copies, and merges are up to date. */
export async function settled(cluster: LocalCluster, maxCandidates: number): Promise<void> {
  await eventually(
    'everything that was sealed to be in chunks',
    async () => {
      for (const node of cluster.nodes) {
        if ((await metric(node, 'shortlink_node_generations_waiting')) > 0) return false;
        if ((await metric(node, 'shortlink_node_chunk_candidates')) > maxCandidates) return false;
      }
      const ring = await ringStatus(cluster);
      return ring?.chunks.underReplicated === 0 && ring.chunks.moving === 0;
    },
    settleLimitMs,
  );
}

/** The most that any node says. */
export async function highest(cluster: LocalCluster, name: string): Promise<number> {
  return Math.max(...(await Promise.all(cluster.nodes.map(async (node) => metric(node, name)))));
}

/** The node with the most copies, but not the first one. */
export async function aHolder(cluster: LocalCluster): Promise<LocalNode> {
  const held = await Promise.all(
    cluster.nodes.slice(1).map(async (node) => ({ node, copies: await metric(node, 'shortlink_node_chunks_held') })),
  );
  return defined(held.toSorted((a, b) => b.copies - a.copies)[0], 'a holder').node;
}

export interface LostNode {
  readonly node: LocalNode;
  readonly id: string;
}

/** Kills a node and deletes everything but its configuration: a new disk under an old name. */
export async function loseDisk(cluster: LocalCluster, node: LocalNode): Promise<LostNode> {
  const status = await clusterStatus(node);
  const { id } = defined(
    status?.nodes.find(({ name }) => name === node.name),
    `the id of ${node.name}`,
  );
  await cluster.stopNode(node, 'SIGKILL');
  for (const name of readdirSync(node.folder)) {
    if (name !== 'config.yaml' && name !== 'log') rmSync(join(node.folder, name), { recursive: true });
  }
  return { node, id };
}

/** The lost identity is gone, every group has three voters, and every chunk its copies. */
export async function healed(cluster: LocalCluster, lost: LostNode): Promise<void> {
  await eventually(
    'the lost node to be replaced',
    async () => {
      const status = await clusterStatus(defined(cluster.nodes[0], 'the first node'));
      if (status === undefined || status.nodes.some(({ id }) => id === lost.id)) return false;
      const groups = [status.meta, ...status.shards.map(({ replicas }) => replicas)];
      const voters = groups.every((group) => group.length === 3 && group.every(({ role }) => role === 'voter'));
      const ring = voters ? await ringStatus(cluster) : undefined;
      return ring?.chunks.underReplicated === 0 && ring.chunks.moving === 0;
    },
    healLimitMs,
  );
}

/** A checkpoint has whatever was acknowledged before the call. */
export async function checkpointed(cluster: LocalCluster): Promise<void> {
  const startMs = performance.now();
  // Metrics are a second or two old themselves.
  const staleMs = 3000;
  await eventually(
    'a checkpoint',
    async () => {
      const ageMs = 1000 * (await highest(cluster, 'shortlink_node_checkpoint_age_seconds'));
      return ageMs > 0 && ageMs < performance.now() - startMs - staleMs;
    },
    settleLimitMs,
  );
}
