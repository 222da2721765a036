// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { KubeError } from '../../ports/kube-api.ts';
import type { KubeApi } from '../../ports/kube-api.ts';
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
  { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom('away', 'back'), who: fc.nat(3), ms: fc.constant(1) }) },
  fc.record({ kind: fc.constant('join' as const), ms: fc.constant(1) }),
);

test('at no time two processes believe that they lead', async () => {
  let leaderships = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 25, size: 'max' }),
      fc.infiniteStream(fault),
      async (steps, faults) => {
        const rig = new ElectionRig();
        const away = new Set<number>();
        const unanswered = new Set<Call>();
        rig.api.before = async (call, signal) => {
          const next = faults.next().value ?? { kind: 'none' as const, ms: 0 };
          if (next.kind === 'refused') throw new KubeError('away', { status: 503, reason: 'ServiceUnavailable' });
          if (next.ms > 0) await sleep(rig.clock, next.ms, signal);
          if (next.kind === 'lostAnswer') unanswered.add(call);
        };
        rig.api.after = (call) => {
          if (unanswered.has(call)) throw new Error('ECONNRESET');
        };
        const join = (skewMs: number) => {
          const number = rig.candidates.length;
          rig.join(`c${number}`, { skewMs, api: reachable(rig.api, () => !away.has(number)) });
        };
        join(-86_400_000);
        join(86_400_000);
        for (const one of steps) {
          if (one.kind === 'join') join(40_000 * rig.candidates.length);
          else if (one.kind === 'away') away.add(one.who);
          else if (one.kind === 'back') away.delete(one.who);
          for (let ms = 0; ms < one.ms; ms += 500) {
            await rig.clock.advance(Math.min(500, one.ms - ms));
            const leaders = rig.candidates.filter(({ elector }) => elector.isLeader());
            leaderships += leaders.length;
            expect(leaders.length).toBeLessThanOrEqual(1);
          }
        }
        rig.api.before = () => {};
        rig.api.after = () => {};
        away.clear();
        // Somebody leads in the end.
        rig.join('last');
        await rig.clock.advance(60_000);
        expect(rig.candidates.filter(({ elector }) => elector.isLeader())).toHaveLength(1);
        await rig.stop();
      },
    ),
    { numRuns: 40 },
  );
  expect(leaderships).toBeGreaterThan(100);
});

/** The server as a candidate sees it who cannot always reach it. */
function reachable(api: KubeApi, isReachable: () => boolean): KubeApi {
  const check = () => {
    if (!isReachable()) throw new KubeError('no route', { status: 0, reason: 'EHOSTUNREACH' });
  };
  return {
    get: async (...call) => {
      check();
      return api.get(...call);
    },
    create: async (...call) => {
      check();
      return api.create(...call);
    },
    replace: async (...call) => {
      check();
      return api.replace(...call);
    },
    list: (...call) => api.list(...call),
    watch: (...call) => api.watch(...call),
    apply: (...call) => api.apply(...call),
    delete: (...call) => api.delete(...call),
    evict: (...call) => api.evict(...call),
  };
}
