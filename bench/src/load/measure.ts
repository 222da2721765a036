// SPDX-License-Identifier: Apache-2.0
import type { Round } from '../report/comparison.ts';
import { runClosedLoop, type LoadPlan } from './closed-loop.ts';
import { cpuSeconds } from './cpu-time.ts';
import type { Target } from './target.ts';

/** One round of a closed loop against one target, on connections of its own. */
export async function measure(target: Target, plan: LoadPlan): Promise<Round> {
  const session = await target.open();
  try {
    const serverCores = coresUsedBy(target.pids());
    const result = await runClosedLoop(session.operate, plan);
    const failures = [...result.failures.values()].reduce((sum, count) => sum + count, 0);
    if (result.operations === 0 && failures > 0) {
      throw new Error(`${target.name} answered nothing: ${[...result.failures.keys()].join('; ')}`);
    }
    return {
      opsPerSecond: result.operations / result.seconds,
      p50Ms: result.latency.percentileMs(50),
      p99Ms: result.latency.percentileMs(99),
      failures,
      serverCores: serverCores(),
      loadCores: result.clientCores,
    };
  } finally {
    await session.close();
  }
}

/** Starts to watch processes; the answer is the mean number of cores that they have kept busy since. */
export function coresUsedBy(pids: readonly number[]): () => number | undefined {
  const startMs = performance.now();
  const before = cpuSeconds(pids);
  return () => {
    const after = cpuSeconds(pids);
    if (before === undefined || after === undefined) return undefined;
    return (after - before) / ((performance.now() - startMs) / 1000);
  };
}
