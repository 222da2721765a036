// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import type { CreatedLink } from '../load/link-file.ts';
import { readBack } from '../load/read-back.ts';
import type { LocalCluster, LocalNode } from './local-cluster.ts';

export interface Restart {
  readonly node: string;
  readonly signal: 'SIGTERM' | 'SIGKILL';
  /** From the signal until the process was gone. */
  readonly stopMs: number;
  /** From the start of the program until it said that it is ready. */
  readonly readyMs: number;
  /** From the start of the program until it answered the first redirect rightly. */
  readonly firstRedirectMs: number;
  /** Links of the sample that the node led to the wrong place after its restart. */
  readonly wrongCount: number;
  readonly sampled: number;
}

const settleMs = 2000;

/** Ends a node, starts it again, and follows a sample of the links through it. */
export async function measureRestart(
  cluster: LocalCluster,
  node: LocalNode,
  signal: Restart['signal'],
  sample: readonly CreatedLink[],
): Promise<Restart> {
  const stopMs = await cluster.stopNode(node, signal);
  // The others elect a leader meanwhile, so that the start and not the election is measured.
  await sleep(settleMs);
  const startMs = performance.now();
  const readyMs = await cluster.startNode(node);
  const follow = async (links: readonly CreatedLink[]) =>
    readBack(asStream(links), { redirects: [node.redirect], listenerOf: () => 0, onProgress: () => undefined });
  const first = await follow(sample.slice(0, 1));
  const firstRedirectMs = performance.now() - startMs;
  const rest = await follow(sample.slice(1));
  return {
    node: node.name,
    signal,
    stopMs,
    readyMs,
    firstRedirectMs,
    wrongCount: first.wrongCount + rest.wrongCount,
    sampled: sample.length,
  };
}

export async function* asStream(links: readonly CreatedLink[]): AsyncGenerator<CreatedLink> {
  yield* links;
}
