// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { informerRig, widget, widgets } from '../testing/informer-rig.ts';
import type { InformerRig } from '../testing/informer-rig.ts';
import { expired } from '../testing/memory-kube-api.ts';
import { Expectations } from './expectations.ts';

const never = new AbortController().signal;
const key = { namespace: 'ns', name: 'a' };
const options = { fieldManager: 'test', force: true };
let rig: InformerRig;
let expectations: Expectations;

beforeEach(async () => {
  rig = informerRig();
  const { clock, metrics, logger } = rig;
  expectations = new Expectations({ controller: 'c', clock, metrics, logger });
  expectations.track(rig.informer);
  rig.api.put(widgets, widget('a', { size: 1 }));
  await rig.start();
});
afterEach(async () => rig.stop());

async function applySize(size: number): Promise<void> {
  const object = widget('a', { size });
  await expectations.write('owner', widgets, key, async () => rig.api.apply(widgets, object, options, never));
}

async function deleteIt(): Promise<void> {
  const object = rig.informer.get(key);
  if (object === undefined) throw new Error('nothing to delete');
  await expectations.delete('owner', widgets, object, async () => rig.api.delete(widgets, key, {}, never));
}

/** The cache sees nothing of what follows, until `back`. */
function cutOff(): { readonly back: () => void } {
  rig.api.before = ({ verb }) => {
    if (verb === 'watch' || verb === 'list') throw new Error('ECONNREFUSED');
  };
  rig.api.endWatches(new Error('ECONNRESET'));
  return {
    back: () => {
      rig.api.before = () => {};
    },
  };
}

test('a key without writes waits for nothing', () => {
  expect(expectations.awaited('owner')).toBeUndefined();
});

describe('after a write', () => {
  test('its key waits until the cache shows it; other keys do not', async () => {
    const network = cutOff();
    await rig.clock.advance(0);
    await applySize(2);
    expect(expectations.awaited('owner')).toEqual({ what: 'widgets ns/a', remainingMs: 30_000 });
    expect(expectations.awaited('other')).toBeUndefined();
    network.back();
    await rig.clock.advance(2000);
    expect(rig.informer.get(key)).toMatchObject({ spec: { size: 2 } });
    expect(expectations.awaited('owner')).toBeUndefined();
  });

  test('that changed nothing its key waits for nothing', async () => {
    cutOff();
    await applySize(1);
    expect(expectations.awaited('owner')).toBeUndefined();
  });

  test('whose outcome was shown before its answer came, and overtaken, its key waits for nothing', async () => {
    rig.api.after = async () => {
      rig.api.put(widgets, widget('a', { size: 3 }));
      await rig.clock.advance(0);
    };
    await applySize(2);
    expect(rig.informer.get(key)).toMatchObject({ spec: { size: 3 } });
    expect(expectations.awaited('owner')).toBeUndefined();
  });

  test('a list that began later ends the waiting, even if it shows something newer only', async () => {
    const network = cutOff();
    await rig.clock.advance(0);
    await applySize(2);
    rig.api.put(widgets, widget('a', { size: 3 }));
    rig.api.compact();
    network.back();
    await rig.clock.advance(5000);
    expect(rig.informer.get(key)).toMatchObject({ spec: { size: 3 } });
    expect(expectations.awaited('owner')).toBeUndefined();
  });

  test('a list that began before it proves nothing', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const list = rig.api.list.bind(rig.api);
    rig.api.list = async (...call) => {
      const before = await list(...call);
      await promise;
      return before;
    };
    rig.api.endWatches(expired());
    await rig.clock.advance(0);
    await applySize(2);
    rig.api.before = ({ verb }) => {
      if (verb === 'watch') throw new Error('ECONNREFUSED');
    };
    resolve();
    await rig.clock.advance(0);
    expect(rig.informer.get(key)).toMatchObject({ spec: { size: 1 } });
    expect(expectations.awaited('owner')?.what).toBe('widgets ns/a');
  });

  test('whose object is gone again its key waits for nothing', async () => {
    await applySize(2);
    rig.api.remove(widgets, key);
    await rig.clock.advance(0);
    expect(expectations.awaited('owner')).toBeUndefined();
  });

  test('that failed its key waits for nothing', async () => {
    rig.api.after = () => {
      throw new Error('ECONNRESET');
    };
    await expect(applySize(2)).rejects.toThrow('ECONNRESET');
    expect(expectations.awaited('owner')).toBeUndefined();
  });

  test('that is never shown its key goes on after the time-out, and says so', async () => {
    cutOff();
    await applySize(2);
    await rig.clock.advance(29_999);
    expect(expectations.awaited('owner')?.remainingMs).toBe(1);
    await rig.clock.advance(1);
    expect(expectations.awaited('owner')).toBeUndefined();
    expect(rig.metrics.value('shortlink_operator_expectation_timeouts_total{c}')).toBe(1);
    expect(rig.logger.lines).toContain('warn the cache did not show a write in time; going on without');
  });
});

describe('after a deletion', () => {
  test('its key waits until the object is gone', async () => {
    const network = cutOff();
    await rig.clock.advance(0);
    await deleteIt();
    expect(expectations.awaited('owner')?.what).toBe('the end of widgets ns/a');
    network.back();
    await rig.clock.advance(2000);
    expect(expectations.awaited('owner')).toBeUndefined();
  });

  test('it is enough that the object is going', async () => {
    rig.api.delete = async () => true;
    await deleteIt();
    expect(expectations.awaited('owner')).toBeDefined();
    rig.api.put(widgets, widget('a', { size: 1, deletionTimestamp: '2026-01-01T00:00:00Z' }));
    await rig.clock.advance(0);
    expect(expectations.awaited('owner')).toBeUndefined();
  });

  test('another object of the same name is as good as none', async () => {
    const network = cutOff();
    await rig.clock.advance(0);
    await deleteIt();
    rig.api.put(widgets, widget('a', { size: 9 }));
    rig.api.compact();
    network.back();
    await rig.clock.advance(5000);
    expect(rig.informer.get(key)?.metadata.uid).toBe('uid-2');
    expect(expectations.awaited('owner')).toBeUndefined();
  });
});

test('a key that is forgotten waits for nothing', async () => {
  cutOff();
  await applySize(2);
  expectations.forget('owner');
  expect(expectations.awaited('owner')).toBeUndefined();
});
