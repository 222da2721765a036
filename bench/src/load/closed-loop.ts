// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import { noteFailure } from './failures.ts';
import { LatencyHistogram } from './latency.ts';

/** One request of client number `client` (from 0); resolves when it has its answer, rejects when it failed. */
export type Operation = (client: number) => Promise<void>;

export interface LoadPlan {
  /** Each has at most one request under way. */
  readonly clients: number;
  readonly warmUpMs: number;
  readonly measureMs: number;
}

export interface LoadResult {
  /** Answers within the measured time. */
  readonly operations: number;
  readonly seconds: number;
  readonly latency: LatencyHistogram;
  /** Failures of the whole run by message. */
  readonly failures: ReadonlyMap<string, number>;
  /** Cores that this process kept busy: what the load itself took from the servers. */
  readonly clientCores: number;
}

/** A client whose request failed waits, so that a peer that refuses everything is not flooded. */
const pauseAfterFailureMs = 10;

/**
 * `clients` loops of request, answer, next request. Only answers that arrive within the measured time count, so that
 * neither the start nor the end of the run shows.
 */
export async function runClosedLoop(operate: Operation, plan: LoadPlan): Promise<LoadResult> {
  const latency = new LatencyHistogram();
  const failures = new Map<string, number>();
  let phase: 'warm-up' | 'measure' | 'done' = 'warm-up';
  const client = async (index: number): Promise<void> => {
    while (phase !== 'done') {
      const startMs = performance.now();
      try {
        await operate(index);
        if (phase === 'measure') latency.record(performance.now() - startMs);
      } catch (error) {
        noteFailure(failures, error);
        await sleep(pauseAfterFailureMs);
      }
    }
  };
  const clients = Array.from({ length: plan.clients }, (_, index) => client(index));
  await sleep(plan.warmUpMs);
  phase = 'measure';
  const startMs = performance.now();
  const startCpu = process.cpuUsage();
  await sleep(plan.measureMs);
  const seconds = (performance.now() - startMs) / 1000;
  const cpu = process.cpuUsage(startCpu);
  phase = 'done';
  const operations = latency.total;
  await Promise.all(clients);
  return { operations, seconds, latency, failures, clientCores: (cpu.user + cpu.system) / 1e6 / seconds };
}
