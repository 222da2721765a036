// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { utf8 } from '@shortlink/common/bytes.ts';
import { MemoryBucket } from '../../../sim/object-store/memory-bucket.ts';
import {
  SeededFaults,
  type FaultRates,
  type ObjectFault,
  type ObjectFaults,
} from '../../../sim/object-store/object-faults.ts';
import { SimObjectStore } from '../../../sim/object-store/sim-object-store.ts';
import { SimTimers } from '../../../sim/sim-clock.ts';
import { World } from '../../../sim/world.ts';
import { systemClock } from '../../adapters/system/system-clock.ts';
import { SystemRandom } from '../../adapters/system/system-random.ts';
import { systemTimers } from '../../adapters/system/system-timers.ts';
import { ObjectStoreError } from '../../ports/object-store.ts';
import { describeObjectStoreContract } from '../../ports/testing/object-store-contract.ts';
import { usualRetryPolicy } from './retrier.ts';
import { RetryingObjectStore } from './retrying-object-store.ts';

const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest();

describeObjectStoreContract('RetryingObjectStore', async () => {
  const system = { clock: systemClock, timers: systemTimers, random: new SystemRandom(), sha256 };
  const bucket = new MemoryBucket();
  const open = (): RetryingObjectStore =>
    new RetryingObjectStore(new SimObjectStore({ ...system, bucket }), system, { ...usualRetryPolicy, baseDelayMs: 1 });
  const stores = { store: open(), other: open() };
  return { ...stores, dispose: async () => void (await Promise.all([stores.store.close(), stores.other.close()])) };
});

const owner = { isAlive: true, pausedUntilUs: 0, failed: (error: unknown) => expect(error).toBeUndefined() };

/** Stores that try again, over one bucket in virtual time. */
class Setting {
  readonly world: World;
  readonly bucket = new MemoryBucket();
  /** The operations that reached the bucket's side, with when. */
  readonly calls: string[] = [];

  constructor(seed = 1) {
    this.world = new World({ seed });
  }

  get nowMs(): number {
    return this.world.nowUs / 1000;
  }

  open(faults: ObjectFaults): RetryingObjectStore {
    const { world, bucket } = this;
    const clock = { nowMs: () => this.nowMs, monotonicMs: () => this.nowMs };
    const timers = new SimTimers(world, owner);
    const seen: ObjectFaults = {
      next: (operation, name) => {
        this.calls.push(operation);
        return faults.next(operation, name);
      },
    };
    const store = new SimObjectStore({ bucket, clock, timers, faults: seen });
    return new RetryingObjectStore(store, { clock, timers, random: world.random('retry'), sha256 }, usualRetryPolicy);
  }

  /** The calls meet these faults, one after the other, and then none. */
  scripted(...faults: readonly (ObjectFault | undefined)[]): RetryingObjectStore {
    const queue = [...faults];
    return this.open({ next: () => ({ delayMs: 10, fault: queue.shift() }) });
  }

  /** Runs virtual time until it is settled. */
  async settle<T>(run: Promise<T>): Promise<T | ObjectStoreError> {
    let isSettled = false;
    const settled = run
      .catch((error: unknown) => {
        if (error instanceof ObjectStoreError) return error;
        throw error;
      })
      .finally(() => {
        isSettled = true;
      });
    // Until then what runs without a delay has not set its next timer.
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    await this.world.run(this.world.nowUs + 1e12, () => isSettled);
    return settled;
  }
}

const call = { timeoutMs: 120_000 };
const body = utf8('mine');
const other = utf8('not mine');

describe('a creation', () => {
  it.each<ObjectFault>(['timeoutBefore', 'timeoutAfter', 'torn', 'lostAnswer', 'throttled', 'conflict'])(
    'that meets %s is tried again, and was the own one in the end',
    async (fault) => {
      const setting = new Setting();
      expect(await setting.settle(setting.scripted(fault).put('a', body, call))).toBe('created');
      expect(setting.bucket.get('a')).toEqual(body);
      expect(setting.calls.filter((operation) => operation === 'put')).toHaveLength(2);
    },
  );

  it('that is refused at once because something sent it twice was the own one too', async () => {
    const setting = new Setting();
    expect(await setting.settle(setting.scripted('existsAfterOwn').put('a', body, call))).toBe('created');
    expect(setting.calls).toEqual(['put', 'head', 'get']);
  });

  it.each<ObjectFault | undefined>([undefined, 'timeoutBefore', 'lostAnswer', 'conflict'])(
    'loses against an object that was there, also behind %s',
    async (fault) => {
      for (const theirs of [other, utf8('mind')]) {
        const setting = new Setting();
        setting.bucket.put('a', theirs, 0);
        expect(await setting.settle(setting.scripted(fault).put('a', body, call))).toBe('exists');
        expect(setting.bucket.get('a')).toEqual(theirs);
      }
    },
  );

  it('says that it does not know when it cannot read what is there', async () => {
    const setting = new Setting();
    setting.bucket.put('a', utf8('mind'), 0);
    const away = Array.from({ length: 20 }, (): ObjectFault => 'torn');
    const outcome = await setting.settle(setting.scripted(undefined, ...away).put('a', body, call));
    expect(outcome).toMatchObject({ kind: 'unavailable' });
  });
});

describe('an upload', () => {
  async function upload(setting: Setting, faults: readonly (ObjectFault | undefined)[], theirs?: Uint8Array) {
    const store = setting.scripted(undefined, undefined, undefined, ...faults);
    const begun = await setting.settle(store.startUpload('a', { ...call, partBytes: 3 }));
    if (begun instanceof ObjectStoreError) throw begun;
    await setting.settle(begun.writePart(1, body.subarray(0, 3), call));
    await setting.settle(begun.writePart(2, body.subarray(3), call));
    if (theirs !== undefined) setting.bucket.put('a', theirs, 0);
    return begun;
  }

  it.each<ObjectFault>(['timeoutAfter', 'lostAnswer', 'existsAfterOwn', 'timeoutBefore', 'conflict'])(
    'whose completion meets %s is the own one in the end',
    async (fault) => {
      const setting = new Setting();
      const begun = await upload(setting, [fault]);
      expect(await setting.settle(begun.complete(call))).toBe('created');
      expect(setting.bucket.get('a')).toEqual(body);
    },
  );

  it.each([other, utf8('mind'), utf8('find')])('loses against an object that was there (%s)', async (theirs) => {
    const setting = new Setting();
    const begun = await upload(setting, ['lostAnswer'], theirs);
    expect(await setting.settle(begun.complete(call))).toBe('exists');
    expect(setting.bucket.get('a')).toEqual(theirs);
  });

  it('that somebody aborted is gone, and has to be started anew', async () => {
    const setting = new Setting();
    const begun = await upload(setting, []);
    setting.bucket.abortUploads({ prefix: '', startedBeforeMs: 1e15 });
    expect(await setting.settle(begun.complete(call))).toBe('gone');
    expect(await setting.settle(begun.abort(call))).toBeUndefined();
  });

  it('writes a part again until it is there', async () => {
    const setting = new Setting();
    const store = setting.scripted('lostAnswer', 'torn', 'timeoutAfter', 'throttled');
    const begun = await setting.settle(store.startUpload('a', { ...call, partBytes: 10 }));
    if (begun instanceof ObjectStoreError) throw begun;
    expect(await setting.settle(begun.writePart(1, body, call))).toBeUndefined();
    expect(await setting.settle(begun.complete(call))).toBe('created');
    expect(setting.bucket.get('a')).toEqual(body);
  });
});

describe('attempts', () => {
  const torn = (count: number): ObjectFault[] => Array.from({ length: count }, () => 'torn');

  it('have a limit, and the failure says how many there were', async () => {
    const setting = new Setting();
    const outcome = await setting.settle(setting.scripted(...torn(99)).head('a', call));
    expect(outcome).toMatchObject({ kind: 'unavailable', message: expect.stringContaining('(attempt 6)') });
    expect(setting.calls).toHaveLength(usualRetryPolicy.maxAttempts);
  });

  it('end with the time of the call, which no pause passes', async () => {
    const setting = new Setting();
    expect(await setting.settle(setting.scripted(...torn(99)).head('a', { timeoutMs: 300 }))).toMatchObject({
      kind: 'unavailable',
    });
    expect(setting.nowMs).toBeLessThanOrEqual(300);
    expect(setting.calls.length).toBeLessThan(usualRetryPolicy.maxAttempts);
    const hanging = await setting.settle(setting.scripted('timeoutBefore').head('a', { timeoutMs: 50 }));
    expect(hanging).toMatchObject({ kind: 'timeout' });
  });

  it('that hang are given up before the call is, later the more bytes they move', async () => {
    const hang = async (run: (store: RetryingObjectStore) => Promise<unknown>): Promise<number> => {
      const setting = new Setting();
      setting.bucket.put('a', new Uint8Array(2), 0);
      await setting.settle(run(setting.scripted('timeoutBefore')));
      expect(setting.calls).toHaveLength(2);
      return setting.nowMs;
    };
    const small = await hang(async (store) => store.getRange('a', { offset: 0, length: 2 }, call));
    expect(small).toBeGreaterThan(10_000);
    expect(small).toBeLessThan(10_200);
    const large = await hang(async (store) => store.get('a', { ...call, maxBytes: 20 * 2 ** 20 }));
    expect(large).toBeGreaterThan(30_000);
    expect(large).toBeLessThan(30_200);
  });

  it('pause longer each time, with chance in it', async () => {
    const pauses = async (seed: number): Promise<number[]> => {
      const setting = new Setting(seed);
      const at: number[] = [];
      const store = setting.open({
        next: () => {
          at.push(setting.nowMs);
          return { delayMs: 0, fault: 'throttled' };
        },
      });
      await setting.settle(store.head('a', call));
      return at.slice(1).map((now, i) => now - (at[i] ?? 0));
    };
    const first = await pauses(1);
    expect(first).toHaveLength(usualRetryPolicy.maxAttempts - 1);
    for (const [i, pause] of first.entries()) {
      expect(pause).toBeGreaterThanOrEqual(50 * 2 ** i);
      expect(pause).toBeLessThanOrEqual(100 * 2 ** i);
    }
    expect(await pauses(2)).not.toEqual(first);
  });

  it('are not made after a failure for good', async () => {
    const setting = new Setting();
    setting.bucket.put('a/b', body, 0);
    expect(await setting.settle(setting.scripted().put('a', body, call))).toMatchObject({ kind: 'invalid' });
    expect(setting.calls).toEqual(['put']);
  });
});

describe('whatever faults the seed brings', () => {
  const rates: FaultRates = {
    probability: 0.4,
    faults: ['timeoutBefore', 'timeoutAfter', 'torn', 'lostAnswer', 'throttled', 'conflict', 'existsAfterOwn'],
    maxDelayMs: 20_000,
  };

  it('of several writers of one name one wins at most, and each who hears an answer hears the truth', async () => {
    const heard = { created: 0, exists: 0, failed: 0 };
    for (let seed = 1; seed <= 150; seed++) {
      const setting = new Setting(seed);
      const faults = new SeededFaults(setting.world.random('faults'), rates);
      const bodies = [1, 2, 3].map((writer) => utf8(`the body of writer ${writer}`));
      const runs = bodies.map(async (mine, i) => {
        const store = setting.open(faults);
        if (i > 0) return store.put('a', mine, call);
        const upload = await store.startUpload('a', { ...call, partBytes: 5 });
        for (let n = 0; n * 5 < mine.length; n++) await upload.writePart(n + 1, mine.slice(n * 5, n * 5 + 5), call);
        return upload.complete(call);
      });
      const outcomes = await setting.settle(Promise.all(runs.map(async (run) => run.catch((error: unknown) => error))));
      if (!Array.isArray(outcomes)) throw outcomes;
      // What was delayed beyond its caller's patience arrives as well.
      await setting.world.run(setting.world.nowUs + 1e9);
      const found = setting.bucket.get('a');
      outcomes.forEach((outcome: unknown, i) => {
        if (outcome === 'created') expect(found).toEqual(bodies[i]);
        if (outcome === 'exists') expect(found).not.toEqual(bodies[i]);
        if (outcome === 'created') heard.created++;
        else if (outcome === 'exists') heard.exists++;
        else heard.failed++;
      });
    }
    // The faults leave enough of each to see something.
    expect(heard.created).toBeGreaterThan(50);
    expect(heard.exists).toBeGreaterThan(50);
    expect(heard.failed).toBeGreaterThan(5);
  });
});
