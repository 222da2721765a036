// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ManualClock, settle } from '../testing/manual-clock.ts';
import { RecordingMetrics } from '../testing/recorders.ts';
import { sleep } from '../waiting.ts';
import { WorkQueue } from './work-queue.ts';

const key = fc.constantFrom('a', 'b', 'c');
const step = fc.oneof(
  fc.record({ kind: fc.constant('add' as const), key }),
  fc.record({ kind: fc.constant('addAfter' as const), key, ms: fc.integer({ min: 0, max: 50 }) }),
  fc.record({ kind: fc.constant('pass' as const), ms: fc.integer({ min: 0, max: 30 }) }),
);

test('never two workers for a key, and every change is seen by work that starts after it', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 40, size: 'max' }),
      fc.infiniteStream(fc.record({ ms: fc.integer({ min: 0, max: 20 }), fails: fc.boolean() })),
      async (steps, works) => {
        const clock = new ManualClock();
        const queue = new WorkQueue({ name: 'q', clock, metrics: new RecordingMetrics() });
        const wanted = new Map<string, number>();
        const seen = new Map<string, number>();
        const inFlight = new Set<string>();
        let canFail = true;
        const never = new AbortController().signal;
        const worker = async () => {
          for (let taken = await queue.take(); taken !== undefined; taken = await queue.take()) {
            expect(inFlight).not.toContain(taken);
            inFlight.add(taken);
            const startedWith = wanted.get(taken) ?? 0;
            const work = works.next().value;
            if (work !== undefined && work.ms > 0) await sleep(clock, work.ms, never);
            if (canFail && work?.fails === true) queue.retry(taken);
            else {
              queue.forget(taken);
              seen.set(taken, Math.max(seen.get(taken) ?? 0, startedWith));
            }
            inFlight.delete(taken);
            queue.done(taken);
          }
        };
        const workers = [worker(), worker(), worker()];
        for (const one of steps) {
          if (one.kind === 'pass') await clock.advance(one.ms);
          else {
            wanted.set(one.key, (wanted.get(one.key) ?? 0) + 1);
            if (one.kind === 'add') queue.add(one.key);
            else queue.addAfter(one.key, one.ms);
          }
        }
        canFail = false;
        // The longest back-off, and the work itself.
        await clock.advance(130_000);
        expect(seen).toEqual(wanted);
        const stopped = queue.stop();
        await clock.advance(100);
        await Promise.all([stopped, ...workers]);
        await settle();
      },
    ),
    { numRuns: 60 },
  );
});
