// SPDX-License-Identifier: Apache-2.0
import { rmSync } from 'node:fs';
import { runProgram } from '../harness/run-program.ts';
import { asStream } from '../load-real/cluster/restart.ts';
import { LocalCluster } from '../load-real/cluster/local-cluster.ts';
import type { CreatedLink } from '../load-real/load/link-file.ts';
import { readBack, type ReadBackResult } from '../load-real/load/read-back.ts';
import { checkpointed } from './bounded-cluster.ts';
import { readOnce } from './read-all.ts';

export interface DisasterPlan {
  readonly cluster: LocalCluster;
  readonly storeUrl: string;
  readonly set: readonly string[];
  /** Folder of the new nodes; those of the old ones are deleted. */
  readonly folder: string;
  readonly oldFolder: string;
  readonly basePort: number;
  readonly links: readonly CreatedLink[];
  readonly onCluster: (cluster: LocalCluster) => void;
  readonly onProgress: (label: string, done: number) => void;
}

/** Times since the rebuild began. */
export interface Disaster {
  readonly rebuiltMs: number;
  readonly readyMs: number;
  readonly firstAnswerMs: number;
  readonly allAnswersMs: number;
  readonly read: ReadBackResult;
}

/** Ends all nodes, deletes their disks, makes the cluster anew from the bucket and follows every link. */
export async function disaster(plan: DisasterPlan): Promise<Disaster> {
  const { cluster, set, folder, basePort, storeUrl } = plan;
  await checkpointed(cluster);
  for (const node of cluster.nodes) await cluster.stopNode(node, 'SIGKILL');
  await cluster.stop();
  rmSync(plan.oldFolder, { recursive: true });
  const startMs = performance.now();
  const since = (): number => performance.now() - startMs;
  plan.onProgress('rebuilding', 0);
  const where = ['--from', storeUrl, '--data', folder, '--nodes', String(cluster.nodes.length)];
  const settings = set.filter((one) => !one.startsWith('objectStore.url=')).flatMap((one) => ['--set', one]);
  const args = [...where, '--base-port', String(basePort), '--output', 'json', ...settings];
  const { exitCode, err } = await runProgram(['cluster', 'rebuild', ...args]);
  if (exitCode !== 0) throw new Error(`the rebuild ended with ${exitCode}: ${err}`);
  const rebuiltMs = since();
  const rebuilt = await LocalCluster.start({ folder, nodes: cluster.nodes.length, basePort });
  plan.onCluster(rebuilt);
  const readyMs = since();
  await readBack(asStream(plan.links.slice(0, 1)), {
    redirects: rebuilt.nodes.map(({ redirect }) => redirect),
    listenerOf: () => 0,
    onProgress: () => undefined,
  });
  const firstAnswerMs = since();
  const read = await readOnce(rebuilt, plan.links, (done) => plan.onProgress('reading after the rebuild', done));
  return { rebuiltMs, readyMs, firstAnswerMs, allAnswersMs: since(), read };
}
