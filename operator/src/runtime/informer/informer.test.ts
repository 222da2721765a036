// SPDX-License-Identifier: Apache-2.0
import { afterEach, describe, expect, test } from 'vitest';
import { KubeError } from '../../ports/kube-api.ts';
import type { WatchOptions } from '../../ports/kube-api.ts';
import { informerRig, widget, widgets } from '../testing/informer-rig.ts';
import type { InformerRig } from '../testing/informer-rig.ts';
import type { Call } from '../testing/memory-kube-api.ts';

let rig: InformerRig;
afterEach(async () => {
  await rig.stop();
});

function watches(): readonly WatchOptions[] {
  const found = rig.api.calls.filter(({ verb }) => verb === 'watch').map(({ options }) => options);
  return found.filter((options): options is WatchOptions => options !== undefined && 'timeoutSeconds' in options);
}

function count(verb: Call['verb']): number {
  return rig.api.calls.filter((call) => call.verb === verb).length;
}

const serverError = () => new KubeError('broken', { status: 500, reason: 'InternalError' });
const key = (name: string) => ({ namespace: 'ns', name });

describe('listing', () => {
  test('goes page by page, and then the cache is synced', async () => {
    rig = informerRig({ pageSize: 2 });
    for (const name of ['a', 'b', 'c', 'd', 'e']) rig.api.put(widgets, widget(name));
    expect(rig.informer.hasSynced).toBe(false);
    await rig.start();
    await rig.informer.synced;
    expect(count('list')).toBe(3);
    expect(rig.informer.list().map(({ metadata }) => metadata.name)).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(rig.informer.hasSynced).toBe(true);
  });

  test('starts anew, without pages, when history is shorter than the reading of the pages', async () => {
    rig = informerRig({ pageSize: 2 });
    for (const name of ['a', 'b', 'c']) rig.api.put(widgets, widget(name));
    rig.api.before = ({ verb, options }) => {
      if (verb === 'list' && options !== undefined && 'continue' in options && options.continue !== undefined) {
        rig.api.compact();
      }
    };
    await rig.start();
    expect(rig.informer.list()).toHaveLength(3);
    expect(count('list')).toBe(3);
  });

  test('is tried for ever, at most 30 s apart', async () => {
    rig = informerRig();
    rig.api.before = ({ verb }) => {
      if (verb === 'list') throw serverError();
    };
    await rig.start();
    await rig.clock.advance(3_600_000);
    const before = count('list');
    await rig.clock.advance(300_000);
    expect(count('list') - before).toBeGreaterThanOrEqual(10);
    rig.api.before = () => {};
    await rig.clock.advance(30_000);
    expect(rig.informer.hasSynced).toBe(true);
  });

  test('is cut off when the server does not answer', async () => {
    rig = informerRig();
    let calls = 0;
    rig.api.before = async ({ verb }, signal) => {
      if (verb !== 'list' || ++calls > 1) return;
      await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    };
    await rig.start();
    await rig.clock.advance(62_000);
    expect(rig.informer.hasSynced).toBe(true);
  });
});

describe('watching', () => {
  test('asks for another time-out each time, between 290 and 590 seconds', async () => {
    rig = informerRig();
    await rig.start();
    for (let i = 0; i < 40; i++) {
      rig.api.bookmark(widgets);
      await rig.clock.advance(1);
      rig.api.endWatches();
      await rig.clock.advance(1);
    }
    const seconds = watches().map(({ timeoutSeconds }) => timeoutSeconds);
    expect(new Set(seconds).size).toBeGreaterThan(20);
    expect(Math.min(...seconds)).toBeGreaterThanOrEqual(290);
    expect(Math.max(...seconds)).toBeLessThanOrEqual(590);
  });

  test('goes on where it was, bookmarks included, with no list', async () => {
    rig = informerRig();
    await rig.start();
    const put = rig.api.put(widgets, widget('a'));
    await rig.clock.advance(1);
    rig.api.endWatches();
    await rig.clock.advance(1);
    rig.api.bookmark(widgets);
    await rig.clock.advance(1);
    rig.api.endWatches();
    await rig.clock.advance(1);
    expect(watches().map(({ resourceVersion }) => Number(resourceVersion))).toEqual([
      100,
      Number(put.metadata.resourceVersion),
      102,
    ]);
    expect(count('list')).toBe(1);
  });

  test('reports additions, updates and deletions, and what it has seen already once only', async () => {
    rig = informerRig();
    rig.api.put(widgets, widget('a'));
    await rig.start();
    rig.api.put(widgets, widget('a', { size: 2 }));
    rig.api.put(widgets, widget('b'));
    rig.api.remove(widgets, key('a'));
    await rig.clock.advance(1);
    expect(rig.changes).toEqual(['added a uid-1', 'updated a', 'added b uid-2', 'deleted a uid-1']);
    expect(rig.informer.get(key('a'))).toBeUndefined();
  });

  test('gives a dead connection up after 100 s of silence, and goes on from its last version', async () => {
    rig = informerRig();
    await rig.start();
    rig.api.bookmark(widgets);
    await rig.clock.advance(99_000);
    expect(count('watch')).toBe(1);
    await rig.clock.advance(1000);
    expect(count('watch')).toBe(2);
    expect(watches()[1]?.resourceVersion).toBe('101');
    expect(count('list')).toBe(1);
  });

  test('of a second silent connection in a row only a list can tell what was missed', async () => {
    rig = informerRig();
    await rig.start();
    await rig.clock.advance(205_000);
    expect(count('list')).toBe(2);
    expect(rig.informer.staleMs).toBeLessThan(10_000);
  });

  test('that ends at once, again and again, is backed off from', async () => {
    rig = informerRig();
    rig.api.before = ({ verb }) => {
      if (verb === 'watch') setImmediate(() => rig.api.endWatches());
    };
    await rig.start();
    await rig.clock.advance(60_000);
    expect(count('watch')).toBeLessThan(15);
    expect(count('watch')).toBeGreaterThan(4);
  });

  test('from a version that the server does not know, since its storage was restored, ends in a list', async () => {
    rig = informerRig();
    await rig.start();
    rig.api.before = ({ verb, options }) => {
      const isOld = options !== undefined && 'resourceVersion' in options && options.resourceVersion === '100';
      if (verb === 'watch' && isOld)
        throw new KubeError('Too large resource version', { status: 504, reason: 'Timeout' });
    };
    rig.api.endWatches(new Error('ECONNRESET'));
    await rig.clock.advance(0);
    rig.api.put(widgets, widget('a'));
    await rig.clock.advance(60_000);
    expect([count('list'), rig.api.watchers, rig.informer.list().length]).toEqual([2, 1, 1]);
  });

  test('waits for as long as the server asks', async () => {
    rig = informerRig();
    let failed = false;
    rig.api.before = ({ verb }) => {
      if (verb !== 'watch' || failed) return;
      failed = true;
      throw new KubeError('slow down', { status: 429, reason: 'TooManyRequests', retryAfterMs: 9000 });
    };
    await rig.start();
    await rig.clock.advance(8999);
    expect(count('watch')).toBe(1);
    await rig.clock.advance(1);
    expect(count('watch')).toBe(2);
  });
});

describe('what is gone', () => {
  test('is reported by a relist, and so are new incarnations', async () => {
    rig = informerRig();
    for (const name of ['a', 'b', 'c']) rig.api.put(widgets, widget(name));
    await rig.start();
    rig.changes.length = 0;
    rig.api.before = ({ verb }) => {
      if (verb === 'watch') throw serverError();
    };
    rig.api.endWatches(new Error('reset'));
    await rig.clock.advance(1);
    rig.api.remove(widgets, key('a'));
    rig.api.remove(widgets, key('b'));
    rig.api.put(widgets, widget('b'));
    rig.api.put(widgets, widget('c', { size: 7 }));
    rig.api.compact();
    rig.api.before = () => {};
    await rig.clock.advance(60_000);
    expect(rig.changes.toSorted()).toEqual(['added b uid-4', 'deleted a uid-1', 'deleted b uid-2', 'updated c']);
  });
});

describe('staleness', () => {
  test('grows while the server is silent, and bookmarks keep it low', async () => {
    rig = informerRig();
    await rig.start();
    for (let i = 0; i < 5; i++) {
      await rig.clock.advance(60_000);
      rig.api.bookmark(widgets);
    }
    await rig.clock.advance(0);
    expect(rig.informer.staleMs).toBe(0);
    rig.api.before = ({ verb }) => {
      if (verb !== 'get') throw serverError();
    };
    rig.api.endWatches(new Error('reset'));
    await rig.clock.advance(600_000);
    expect(rig.informer.staleMs).toBe(600_000);
  });
});

describe('looking up', () => {
  test('by owner and by label follows every change', async () => {
    rig = informerRig();
    const ownerReferences = [{ apiVersion: 'v1', kind: 'X', name: 'x', uid: 'owner-1' }];
    rig.api.put(widgets, widget('a', { labels: { app: 'one' }, ownerReferences }));
    rig.api.put(widgets, widget('b', { labels: { app: 'one' } }));
    await rig.start();
    const names = (index: 'owner' | 'label:app', value: string) =>
      rig.informer.byIndex(index, value).map(({ metadata }) => metadata.name);
    expect([names('label:app', 'one'), names('owner', 'owner-1')]).toEqual([['a', 'b'], ['a']]);
    rig.api.put(widgets, widget('a', { labels: { app: 'two' } }));
    rig.api.remove(widgets, key('b'));
    await rig.clock.advance(1);
    expect([names('label:app', 'one'), names('label:app', 'two'), names('owner', 'owner-1')]).toEqual([[], ['a'], []]);
    expect(() => rig.informer.byIndex('label:other', 'x')).toThrow(/label:other/);
  });

  test('managedFields are not kept', async () => {
    rig = informerRig();
    const object = widget('a');
    rig.api.put(widgets, { ...object, metadata: { ...object.metadata, ...{ managedFields: [{ manager: 'x' }] } } });
    await rig.start();
    expect(rig.informer.get(key('a'))?.metadata).not.toHaveProperty('managedFields');
    expect(rig.informer.get(key('a'))?.metadata.uid).toBe('uid-1');
  });
});
