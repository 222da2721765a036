// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import type { Operation } from './closed-loop.ts';
import { noteFailure } from './failures.ts';
import { LatencyHistogram } from './latency.ts';

export interface OpenLoadPlan {
  /** Requests are due at this rate, whatever becomes of those before them. */
  readonly perSecond: number;
  readonly warmUpMs: number;
  readonly measureMs: number;
}

export interface OpenLoadResult {
  /** Requests that were due within the measured time and had their answer. */
  readonly operations: number;
  /** From when a request was due, not from when it was sent: a server that hangs is not spared the requests that wait. */
  readonly latency: LatencyHistogram;
  /** Failures of the whole run by message. */
  readonly failures: ReadonlyMap<string, number>;
}

/** Timers have no finer grain. */
const tickMs = 1;

/** Sends requests when they are due, each with a number of its own, and waits for all answers. */
export async function runOpenLoop(operate: Operation, plan: OpenLoadPlan): Promise<OpenLoadResult> {
  const { perSecond, warmUpMs, measureMs } = plan;
  const latency = new LatencyHistogram();
  const failures = new Map<string, number>();
  const total = Math.floor(((warmUpMs + measureMs) / 1000) * perSecond);
  const startMs = performance.now();
  const request = async (number: number): Promise<void> => {
    const dueMs = (number / perSecond) * 1000;
    try {
      await operate(number);
      if (dueMs >= warmUpMs) latency.record(performance.now() - startMs - dueMs);
    } catch (error) {
      noteFailure(failures, error);
    }
  };
  const requests: Promise<void>[] = [];
  while (requests.length < total) {
    const elapsedMs = performance.now() - startMs;
    const due = Math.min(total, Math.floor((elapsedMs / 1000) * perSecond) + 1);
    while (requests.length < due) requests.push(request(requests.length));
    await sleep(tickMs);
  }
  await Promise.all(requests);
  return { operations: latency.total, latency, failures };
}
