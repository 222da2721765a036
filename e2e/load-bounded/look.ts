// SPDX-License-Identifier: Apache-2.0
import { defined } from '@shortlink/common/assert.ts';
import { metric } from '../harness/metric.ts';
import { diskUseOf, memoryUseOf } from '../load-real/cluster/footprint.ts';
import type { LocalCluster } from '../load-real/cluster/local-cluster.ts';
import { measureRestart } from '../load-real/cluster/restart.ts';
import type { CreatedLink } from '../load-real/load/link-file.ts';
import { aHolder, healed, highest, loseDisk } from './bounded-cluster.ts';

/** What the nodes are with so many links. Of several nodes, the largest. */
export interface Look {
  readonly links: number;
  readonly hotKeys: number;
  readonly tableBytes: number;
  readonly logBytes: number;
  readonly residentBytes: number;
  /** Of all groups together, as a node that was replaced got them. */
  readonly snapshotBytes: number;
  /** From the start after a kill until the node said that it is ready, and until its first redirect. */
  readonly readyMs: number;
  readonly firstRedirectMs: number;
  /** From the start with an empty disk until all replicas and copies are there again. */
  readonly replacedMs: number;
  readonly chunks: number;
  /** Objects that wait to be deleted. */
  readonly garbage: number;
  readonly candidates: number;
  /** How often merges wrote a row again, on average. */
  readonly rewrites: number;
  /** Links of samples that did not lead where they must. */
  readonly wrongCount: number;
}

/** Measures; kills one node for its restart, and another one for good, with its disk. */
export async function look(
  cluster: LocalCluster,
  links: number,
  sample: readonly CreatedLink[],
  whileLost?: (cluster: LocalCluster) => Promise<void>,
): Promise<Look> {
  const uses = cluster.nodes.map(diskUseOf);
  const sizes = {
    links,
    hotKeys: await highest(cluster, 'shortlink_node_hot_keys'),
    tableBytes: Math.max(...uses.map(({ tableBytes }) => tableBytes)),
    logBytes: Math.max(...uses.map(({ logBytes }) => logBytes)),
    residentBytes: Math.max(...cluster.nodes.map((node) => memoryUseOf(node)?.residentBytes ?? 0)),
    chunks: await highest(cluster, 'shortlink_node_chunks{state="retired"}'),
    garbage: await highest(cluster, 'shortlink_node_chunks{state="garbage"}'),
    candidates: await highest(cluster, 'shortlink_node_chunk_candidates'),
    rewrites: await highest(cluster, 'shortlink_node_chunk_rewrites'),
  };
  const first = defined(cluster.nodes[0], 'the first node');
  const { readyMs, firstRedirectMs, wrongCount } = await measureRestart(cluster, first, 'SIGKILL', sample);
  const lost = await loseDisk(cluster, await aHolder(cluster));
  await whileLost?.(cluster);
  const startMs = performance.now();
  await cluster.startNode(lost.node);
  await healed(cluster, lost);
  const replacedMs = performance.now() - startMs;
  const snapshotBytes = await metric(lost.node, 'shortlink_node_raft_snapshot_received_bytes_total');
  return { ...sizes, snapshotBytes, readyMs, firstRedirectMs, replacedMs, wrongCount };
}
