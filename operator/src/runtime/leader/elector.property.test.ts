// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { KubeError } from '../../ports/kube-api.ts';
import type { Call } from '../testing/memory-kube-api.ts';
import { ElectionRig } from '../testing/election-rig.ts';
import { sleep } from '../waiting.ts';

const fault = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('none' as const), ms: fc.integer({ min: 0, max: 200 }) }) },
  fc.record({
    kind: fc.constantFrom('refused', 'lostAnswer', 'slow' as const),
    ms: fc.integer({ min: 0, max: 12_000 }),
  }),
);
const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 15_000 }) }) },
  fc.record({ kind: fc.constantFrom('away', 'back', 'join' as const), ms: fc.constant(1) }),
);

test('at no time two processes believe that they lead', async () => {
  let leaderships = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), fc.infiniteStream(fault), async (steps, faults) => {
      const rig = new ElectionRig();
      let isAway = false;
      const unanswered = new Set<Call>();
      rig.api.before = async (call, signal) => {
        const next = faults.next().value ?? { kind: 'none' as const, ms: 0 };
        if (isAway || next.kind === 'refused')
          throw new KubeError('away', { status: 503, reason: 'ServiceUnavailable' });
        if (next.ms > 0) await sleep(rig.clock, next.ms, signal);
        if (next.kind === 'lostAnswer') unanswered.add(call);
      };
      rig.api.after = (call) => {
        if (unanswered.has(call)) throw new Error('ECONNRESET');
      };
      rig.join('c0', { skewMs: -86_400_000 });
      for (const one of steps) {
        if (one.kind === 'join') rig.join(`c${rig.candidates.length}`, { skewMs: 40_000 * rig.candidates.length });
        else if (one.kind !== 'pass') isAway = one.kind === 'away';
        for (let ms = 0; ms < one.ms; ms += 500) {
          await rig.clock.advance(Math.min(500, one.ms - ms));
          const leaders = rig.candidates.filter(({ elector }) => elector.isLeader());
          leaderships += leaders.length;
          expect(leaders.length).toBeLessThanOrEqual(1);
        }
      }
      rig.api.before = () => {};
      rig.api.after = () => {};
      // Somebody leads in the end.
      rig.join('last');
      await rig.clock.advance(60_000);
      expect(rig.candidates.filter(({ elector }) => elector.isLeader())).toHaveLength(1);
      await rig.stop();
    }),
    { numRuns: 40 },
  );
  expect(leaderships).toBeGreaterThan(100);
});
