// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { utf8 } from '@shortlink/common/bytes.ts';
import { systemClock } from '../../src/adapters/system/system-clock.ts';
import { systemTimers } from '../../src/adapters/system/system-timers.ts';
import { ObjectStoreError } from '../../src/ports/object-store.ts';
import { describeObjectStoreContract } from '../../src/ports/testing/object-store-contract.ts';
import { SimClock, SimTimers } from '../sim-clock.ts';
import { SimRandom } from '../sim-random.ts';
import { World } from '../world.ts';
import { MemoryBucket } from './memory-bucket.ts';
import { applies, SeededFaults, type CallFate, type ObjectFault, type ObjectOperation } from './object-faults.ts';
import { SimObjectStore } from './sim-object-store.ts';

describeObjectStoreContract('SimObjectStore', async () => {
  const options = { bucket: new MemoryBucket(), clock: systemClock, timers: systemTimers, minPartBytes: 64 };
  const store = new SimObjectStore(options);
  const other = new SimObjectStore(options);
  return { store, other, dispose: async () => void (await Promise.all([store.close(), other.close()])) };
});

const owner = { isAlive: true, pausedUntilUs: 0, failed: (error: unknown) => expect(error).toBeUndefined() };

/** A store in virtual time whose calls meet the given fates, one after the other, and then no more. */
function faulty(...fates: readonly Partial<CallFate>[]) {
  const world = new World({ seed: 1 });
  const timers = new SimTimers(world, owner);
  const clock = { nowMs: () => world.nowUs / 1000, monotonicMs: () => world.nowUs / 1000 };
  const bucket = new MemoryBucket();
  const queue = [...fates];
  const faults = { next: () => ({ delayMs: 0, fault: undefined, ...queue.shift() }) };
  const store = new SimObjectStore({ bucket, clock, timers, faults });
  /** The outcome, or the kind of the failure, and when it came. */
  const outcome = async (run: Promise<unknown>): Promise<readonly [unknown, number]> => {
    const settled = run.then(
      (value) => value,
      (error: unknown) => (error instanceof ObjectStoreError ? error.kind : error),
    );
    const at = settled.then((value) => [value, world.nowUs / 1000] as const);
    await world.run(100_000_000);
    return at;
  };
  return { bucket, store, outcome };
}

const call = { timeoutMs: 1000 };
const body = utf8('body');

describe('a fault of the simulated object store', () => {
  it.each<[ObjectFault, unknown, number, boolean]>([
    ['timeoutBefore', 'timeout', 1000, false],
    ['timeoutAfter', 'timeout', 1000, true],
    ['torn', 'unavailable', 20, false],
    ['lostAnswer', 'unavailable', 20, true],
    ['throttled', 'throttled', 20, false],
    ['conflict', 'conflict', 20, false],
    ['existsAfterOwn', 'exists', 20, true],
    ['flippedByte', 'created', 20, true],
  ])('%s answers a put with %s after %d ms; done: %s', async (fault, answer, atMs, isDone) => {
    const { store, bucket, outcome } = faulty({ fault, delayMs: 20 });
    expect(await outcome(store.put('a', body, call))).toEqual([answer, atMs]);
    expect(bucket.head('a') !== undefined).toBe(isDone);
  });

  it('existsAfterOwn lets an upload be gone, which is complete', async () => {
    const { store, bucket } = faulty({}, {}, { fault: 'existsAfterOwn' });
    const upload = await store.startUpload('a', { ...call, partBytes: 10 });
    await upload.writePart(1, body, call);
    expect(await upload.complete(call)).toBe('gone');
    expect(bucket.get('a')).toEqual(body);
  });

  it('flippedByte changes one byte of what is read, not of what lies there', async () => {
    const { store, bucket } = faulty({}, { fault: 'flippedByte' });
    await store.put('a', body, call);
    const read = await store.get('a', { ...call, maxBytes: 10 });
    expect([...(read ?? [])].filter((byte, i) => byte !== body[i])).toHaveLength(1);
    expect(bucket.get('a')).toEqual(body);
  });

  it('staleList shows what was there a while ago', async () => {
    const { store } = faulty({}, {}, {}, {}, {}, { fault: 'staleList' });
    for (const name of ['a', 'b', 'c']) await store.put(name, body, call);
    await store.delete('a', call);
    await store.delete('b', call);
    const page = await store.list({ prefix: '', limit: 10 }, call);
    expect(page.objects.map((object) => object.name)).toEqual(['a', 'b']);
  });

  it('happens to a call that takes longer than its caller waits, all the same', async () => {
    const { store, bucket, outcome } = faulty({ delayMs: 5000 });
    expect(await outcome(store.put('a', body, call))).toEqual(['timeout', 1000]);
    expect(bucket.get('a')).toEqual(body);
  });
});

it('a request that is on its way arrives although its sender has died, who is told nothing', async () => {
  const world = new World({ seed: 1 });
  const sender = { ...owner, isAlive: true };
  const bucket = new MemoryBucket();
  const store = new SimObjectStore({
    bucket,
    clock: new SimClock(world, 0),
    timers: new SimTimers(world, sender),
    wire: new SimTimers(world, undefined),
    faults: { next: () => ({ delayMs: 20, fault: undefined }) },
  });
  let isAnswered = false;
  void store.put('a', body, call).finally(() => (isAnswered = true));
  sender.isAlive = false;
  await world.run(100_000_000);
  expect(bucket.get('a')).toEqual(body);
  expect(isAnswered).toBe(false);
});

describe('faults from a seed', () => {
  const faults: readonly ObjectFault[] = ['conflict', 'staleList', 'timeoutAfter', 'flippedByte'];
  const operations: readonly ObjectOperation[] = ['put', 'list', 'get', 'delete', 'complete'];
  const draw = (seed: number): [ObjectOperation, CallFate][] => {
    const source = new SeededFaults(new SimRandom(seed), { probability: 0.5, faults, maxDelayMs: 100 });
    return Array.from({ length: 400 }, (_, i) => operations[i % operations.length] ?? 'put').map((operation) => [
      operation,
      source.next(operation),
    ]);
  };

  it('are the same for the same seed, and others for another', () => {
    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
  });

  it('strike as often as asked for, with every kind, and only where they make a difference', () => {
    const struck = draw(3).flatMap(([operation, { fault }]) => (fault === undefined ? [] : [{ operation, fault }]));
    expect(struck.length).toBeGreaterThan(120);
    expect(struck.length).toBeLessThan(280);
    expect(new Set(struck.map(({ fault }) => fault))).toEqual(new Set(faults));
    expect(struck.filter(({ operation, fault }) => !applies(fault, operation))).toEqual([]);
    expect(new Set(draw(3).map(([, { delayMs }]) => delayMs)).size).toBeGreaterThan(50);
  });

  it('can be turned off', () => {
    const source = new SeededFaults(new SimRandom(1), { probability: 1, faults, maxDelayMs: 0 });
    expect(source.next('put').fault).toBeDefined();
    source.rates = { ...source.rates, probability: 0 };
    expect(source.next('put')).toEqual({ delayMs: 0, fault: undefined });
  });
});

it('a bucket refuses a name that continues another, and rots where it is told to', () => {
  const bucket = new MemoryBucket();
  bucket.put('a/b', body.slice(), 0);
  for (const name of ['a', 'a/b/c']) expect(() => bucket.put(name, body, 0)).toThrow(/continues/);
  expect(bucket.put('a/bc', body, 0)).toBe('created');
  bucket.corrupt('a/b', 1);
  expect(bucket.get('a/b')).not.toEqual(body);
  expect(bucket.get('a/bc')).toEqual(body);
  expect([bucket.size, bucket.uploadCount]).toEqual([2, 0]);
});
