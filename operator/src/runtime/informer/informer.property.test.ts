// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { KubeError } from '../../ports/kube-api.ts';
import type { KubeObject } from '../../ports/kube-api.ts';
import { informerRig, widget, widgets } from '../testing/informer-rig.ts';
import { expired } from '../testing/memory-kube-api.ts';

const name = fc.constantFrom('a', 'b', 'c', 'd', 'e');
const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('put' as const), name, size: fc.nat(5) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('remove' as const), name }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.integer({ min: 0, max: 40_000 }) }) },
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constantFrom('compact', 'bookmark', 'end', 'reset', 'expire', 'away', 'back') }),
  },
);
const fault = fc.constantFrom('none', 'none', 'none', 'refused', 'expired', 'hangs' as const);

test('after any faults the cache is what the server has, and the changes add up to it', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 60, size: 'max' }),
      fc.infiniteStream(fault),
      fc.nat(),
      async (steps, faults, seed) => {
        const rig = informerRig({ seed, pageSize: 2 });
        const known = new Map<string, string>();
        rig.informer.feed.addObserver({
          observe: ({ type, object }) => {
            const { name: id, uid = '', resourceVersion = '' } = object.metadata;
            const old = known.get(id);
            if (type === 'added') expect(old).toBeUndefined();
            else expect(old?.startsWith(`${uid}/`)).toBe(true);
            if (type === 'deleted') known.delete(id);
            else known.set(id, `${uid}/${resourceVersion}`);
          },
          observeList: () => {},
        });
        let isFaulty = true;
        let isAway = false;
        rig.api.before = async (_call, signal) => {
          const next = isFaulty ? faults.next().value : 'none';
          if (next === 'refused' || isAway) throw new KubeError('refused', { status: 0, reason: 'ECONNREFUSED' });
          if (next === 'expired') throw expired();
          if (next === 'hangs') {
            await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
          }
        };
        await rig.start();
        for (const one of steps) {
          if (one.kind === 'put') rig.api.put(widgets, widget(one.name, { size: one.size }));
          else if (one.kind === 'remove') rig.api.remove(widgets, { namespace: 'ns', name: one.name });
          else if (one.kind === 'pass') await rig.clock.advance(one.ms);
          else if (one.kind === 'compact') rig.api.compact();
          else if (one.kind === 'bookmark') rig.api.bookmark(widgets);
          else if (one.kind === 'end') rig.api.endWatches();
          else if (one.kind === 'back') isAway = false;
          else if (one.kind === 'away') isAway = true;
          if (one.kind === 'reset' || one.kind === 'away' || one.kind === 'expire') {
            rig.api.endWatches(one.kind === 'expire' ? expired() : new Error('ECONNRESET'));
          }
          // The informer may have seen some of it, or all, or nothing yet.
          if (one.kind !== 'pass') await Promise.resolve();
        }
        isFaulty = false;
        isAway = false;
        await rig.clock.advance(300_000);
        const state = (objects: readonly KubeObject[]) =>
          objects.toSorted((one, other) => one.metadata.name.localeCompare(other.metadata.name));
        expect(state(rig.informer.list())).toEqual(state(rig.api.objects(widgets)));
        expect([...known.values()].toSorted()).toEqual(
          rig.informer
            .list()
            .map(({ metadata }) => `${metadata.uid}/${metadata.resourceVersion}`)
            .toSorted(),
        );
        // What an observer throws is counted, not passed on.
        expect(rig.metrics.value('shortlink_operator_informer_listener_errors_total{widgets}')).toBe(0);
        await rig.stop();
      },
    ),
    { numRuns: 150 },
  );
});
