// SPDX-License-Identifier: Apache-2.0
import { afterEach, describe, expect, test } from 'vitest';
import { informerRig, widget, widgets } from '../testing/informer-rig.ts';
import type { InformerRig } from '../testing/informer-rig.ts';
import { expired } from '../testing/memory-kube-api.ts';

// What other informers do wrong: numbers are issues of kubernetes-client/javascript; letters are findings of our own.
let rig: InformerRig;
afterEach(async () => {
  await rig.stop();
});

const count = (verb: string) => rig.api.verbs().filter((one) => one === verb).length;
const key = (name: string) => ({ namespace: 'ns', name });

describe('client-node', () => {
  test('#3020: an idle watch is neither cut off after 30 s nor backed off from', async () => {
    rig = informerRig();
    await rig.start();
    for (let minute = 1; minute <= 30; minute++) {
      await rig.clock.advance(60_000);
      rig.api.bookmark(widgets);
      // The server ends watches by itself.
      if (minute % 5 === 0) {
        await rig.clock.advance(0);
        rig.api.endWatches();
      }
      await rig.clock.advance(0);
      expect(rig.api.watchers).toBe(1);
    }
    expect([count('list'), count('watch')]).toEqual([1, 7]);
  });

  test('#2385: a reset socket does not end the informer', async () => {
    rig = informerRig();
    await rig.start();
    for (let i = 0; i < 20; i++) {
      rig.api.endWatches(new Error('other side closed'));
      rig.api.put(widgets, widget('a', { size: i }));
      await rig.clock.advance(31_000);
      expect(rig.informer.get(key('a'))).toMatchObject({ spec: { size: i } });
    }
  });

  test('#596, #958 and #364: no end of a watch is silent and final', async () => {
    rig = informerRig();
    await rig.start();
    const ends = [undefined, new Error('ECONNRESET'), expired(), new TypeError('terminated'), undefined];
    for (const [i, end] of ends.entries()) {
      rig.api.endWatches(end);
      await rig.clock.advance(31_000);
      rig.api.put(widgets, widget(`w${i}`));
      await rig.clock.advance(0);
      expect(rig.informer.get(key(`w${i}`))).toBeDefined();
    }
  });

  test('#494: watches that end leave neither timers nor connections', async () => {
    rig = informerRig();
    await rig.start();
    for (let i = 0; i < 50; i++) {
      rig.api.endWatches(new Error('reset'));
      await rig.clock.advance(31_000);
    }
    expect([rig.api.watchers, rig.clock.timers]).toEqual([1, 1]);
  });

  test('#1933: failures make no storm of requests', async () => {
    rig = informerRig();
    await rig.start();
    rig.api.before = () => {
      throw new Error('connect ECONNREFUSED');
    };
    rig.api.endWatches(new Error('reset'));
    await rig.clock.advance(0);
    const calls = rig.api.calls.length;
    await rig.clock.advance(600_000);
    expect(rig.api.calls.length - calls).toBeLessThan(45);
  });

  test('0.1(b): a listener that throws harms neither the informer nor other listeners', async () => {
    rig = informerRig();
    const added: string[] = [];
    const failing = {
      keysOf: () => {
        throw new Error('a defect');
      },
      add: () => {},
    };
    rig.informer.feed.addSink(failing);
    rig.informer.feed.addSink({ keysOf: ({ metadata }) => [metadata.name], add: (name) => added.push(name) });
    rig.api.put(widgets, widget('a'));
    await rig.start();
    rig.api.put(widgets, widget('b'));
    await rig.clock.advance(0);
    expect(added).toEqual(['a', 'b']);
    expect(rig.metrics.value('shortlink_operator_informer_listener_errors_total{widgets}')).toBe(2);
  });

  test('0.1(c): 410 leads to a new list, as an answer and as an event', async () => {
    rig = informerRig();
    await rig.start();
    rig.api.endWatches(expired());
    await rig.clock.advance(0);
    expect([count('list'), rig.api.watchers]).toEqual([2, 1]);
    rig.api.bookmark(widgets);
    await rig.clock.advance(0);
    let refused = false;
    rig.api.before = ({ verb }) => {
      if (verb !== 'watch' || refused) return;
      refused = true;
      throw expired();
    };
    rig.api.endWatches();
    await rig.clock.advance(0);
    expect([count('list'), rig.api.watchers]).toEqual([3, 1]);
  });

  test('0.1(d): 410 again and again is backed off from', async () => {
    rig = informerRig();
    rig.api.before = ({ verb }) => {
      if (verb === 'watch') throw expired();
    };
    await rig.start();
    await rig.clock.advance(600_000);
    expect(count('list')).toBeLessThan(45);
  });

  test('0.1(e): an object that was deleted and made anew is a deletion and an addition', async () => {
    rig = informerRig();
    rig.api.put(widgets, widget('a'));
    await rig.start();
    rig.api.endWatches(expired());
    rig.api.remove(widgets, key('a'));
    rig.api.put(widgets, widget('a'));
    await rig.clock.advance(0);
    expect(rig.changes).toEqual(['added a uid-1', 'deleted a uid-1', 'added a uid-2']);
  });

  test('0.1(f): a list alone is no reason to forget failures', async () => {
    rig = informerRig();
    const at: number[] = [];
    rig.api.before = ({ verb }) => {
      if (verb !== 'watch') return;
      at.push(rig.clock.monotonicMs());
      throw expired();
    };
    await rig.start();
    await rig.clock.advance(120_000);
    const gaps = at.slice(1).map((one, i) => one - (at[i] ?? 0));
    expect(gaps.slice(0, 5).every((gap, i) => i === 0 || gap >= (gaps[i - 1] ?? 0))).toBe(true);
    expect(gaps.at(-1)).toBeGreaterThan(10_000);
  });

  test('0.1(g): whether the cache is complete is known', async () => {
    rig = informerRig();
    rig.api.before = () => {
      throw new Error('not yet');
    };
    await rig.start();
    expect(rig.informer.hasSynced).toBe(false);
    rig.api.before = () => {};
    await rig.clock.advance(2000);
    await rig.informer.synced;
    expect(rig.informer.hasSynced).toBe(true);
  });
});
