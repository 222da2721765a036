// SPDX-License-Identifier: Apache-2.0
import { cli } from './command-line.ts';
import type { Addressed } from './command-line.ts';
import type { TestCluster } from './test-cluster.ts';
import type { TestNode } from './test-node.ts';

/** What `npx shortlink ring status --output json` prints, as far as tests look at it. */
export interface RingView {
  readonly epoch: number;
  readonly brake: string | null;
  readonly nodes: readonly {
    readonly id: string;
    readonly name: string;
    readonly state: string;
    readonly chunksHeld: number;
  }[];
  readonly chunks: { readonly total: number; readonly underReplicated: number; readonly moving: number };
  readonly lastChange: { readonly movedShare: number; readonly bound: number } | null;
  readonly events: readonly { readonly kind: string; readonly nodeId: string | null; readonly reason: string }[];
}

/** Undefined while the leader of the meta group cannot be asked. */
export async function ringStatus(cluster: Addressed): Promise<RingView | undefined> {
  const ran = await cli(cluster, 'ring', 'status', '--output', 'json');
  return ran.exitCode === 0 ? (JSON.parse(ran.out) as RingView) : undefined;
}

/** ALIVE, SUSPECT, DOWN or OUT. */
export async function stateOf(cluster: TestCluster, node: TestNode): Promise<string | undefined> {
  return (await ringStatus(cluster))?.nodes.find(({ name }) => name === `node${node.index}`)?.state;
}
