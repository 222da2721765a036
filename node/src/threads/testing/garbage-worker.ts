// SPDX-License-Identifier: Apache-2.0
import { PerformanceObserver, constants } from 'node:perf_hooks';
import type { PerformanceEntry } from 'node:perf_hooks';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { parentPort } from 'node:worker_threads';
import { defined } from '@shortlink/common/assert.ts';

// Passes buffers through memory as an engine does, and tells how often everything was collected.

type GcEntry = PerformanceEntry & { readonly detail: { readonly kind: number } };

let collections = 0;
const observer = new PerformanceObserver((list) => {
  for (const { detail } of list.getEntries() as GcEntry[])
    if (detail.kind === constants.NODE_PERFORMANCE_GC_MAJOR) collections++;
});
observer.observe({ entryTypes: ['gc'] });
// What waits for an answer outlives two collections of the young, and is garbage soon after.
let waiting: { readonly at: number; readonly bytes: Uint8Array }[] = [];
for (let turn = 0; turn < 200; turn++) {
  for (let at = 0; at < 10_000; at++) waiting.push({ at, bytes: new Uint8Array(64) });
  if (waiting.length > 100_000) waiting = [];
  await nextTurn();
}
await nextTurn();
defined(parentPort, 'the thread that asked').postMessage(collections);
