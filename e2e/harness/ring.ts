// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { shortlink } from './program.ts';
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

/** Undefined while the leader of the meta group cannot be asked through the node. */
export function ringStatus(node: TestNode): RingView | undefined {
  const ran = ring(node, 'status', '--output', 'json');
  return ran.code === 0 ? (JSON.parse(ran.out) as RingView) : undefined;
}

export function ring(
  node: TestNode,
  ...args: readonly string[]
): { readonly code: number | null; readonly out: string; readonly err: string } {
  const ran = spawnSync(shortlink, ['ring', ...args, '--api', node.api], { encoding: 'utf8', timeout: 60_000 });
  return { code: ran.status, out: ran.stdout, err: ran.stderr };
}

/** ALIVE, SUSPECT, DOWN or OUT, as `through` hears of the node. */
export function stateOf(through: TestNode, node: TestNode): string | undefined {
  return ringStatus(through)?.nodes.find(({ name }) => name === `node${node.index}`)?.state;
}
