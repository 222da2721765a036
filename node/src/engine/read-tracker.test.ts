// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { ReadTracker } from './read-tracker.ts';
import type { WaitingRead } from './read-tracker.ts';

function tracked() {
  const tracker = new ReadTracker(7, 1);
  const served: string[] = [];
  const failed: string[] = [];
  const add = (name: string, deadlineMs = 1000): void => {
    const read: WaitingRead = { ready: () => served.push(name), failed: () => failed.push(name), deadlineMs };
    tracker.add(read);
  };
  const start = (): Uint8Array => {
    const context = tracker.startRound();
    if (context === undefined) throw new Error('no round');
    return context;
  };
  return { tracker, served, failed, add, start };
}

describe('the read tracker', () => {
  it('serves all reads that waited when a round started by one confirmation', () => {
    const { tracker, served, add, start } = tracked();
    add('a');
    add('b');
    const context = start();
    tracker.confirm(context, 5);
    tracker.serve(4);
    expect(served).toEqual([]);
    tracker.serve(5);
    expect(served).toEqual(['a', 'b']);
  });

  it('never lets a read join a round that started before it: its index may be too old', () => {
    const { tracker, served, add, start } = tracked();
    add('early');
    const first = start();
    add('late');
    tracker.confirm(first, 5);
    tracker.serve(5);
    expect(served).toEqual(['early']);
    tracker.confirm(start(), 6);
    tracker.serve(6);
    expect(served).toEqual(['early', 'late']);
  });

  it('ignores confirmations of other replicas and of an incarnation before a restart', () => {
    const { tracker, served, add, start } = tracked();
    add('a');
    start();
    const stranger = new ReadTracker(8, 1);
    stranger.add({ ready: () => {}, failed: () => {}, deadlineMs: 1 });
    const old = new ReadTracker(7, 2);
    old.add({ ready: () => {}, failed: () => {}, deadlineMs: 1 });
    for (const context of [stranger.startRound(), old.startRound()])
      if (context !== undefined) tracker.confirm(context, 1);
    tracker.serve(100);
    expect(served).toEqual([]);
  });

  it('keeps the first index of a round that is confirmed twice', () => {
    const { tracker, served, add, start } = tracked();
    add('a');
    const context = start();
    tracker.confirm(context, 5);
    tracker.confirm(context, 9);
    tracker.serve(5);
    expect(served).toEqual(['a']);
  });

  it('asks again for rounds without an answer, and fails reads at their deadline', () => {
    const { tracker, failed, add, start } = tracked();
    add('a', 1000);
    const context = start();
    const again = Array.from({ length: 5 }, () => tracker.tick(10)).flat();
    expect(again).toEqual([context]);
    tracker.tick(1000);
    expect(failed).toEqual(['a']);
    expect(tracker.waitingCount).toBe(0);
    expect(Array.from({ length: 10 }, () => tracker.tick(2000)).flat()).toEqual([]);
  });

  it('has a bounded number of rounds on their way, and the next one takes everybody who waits', () => {
    const { tracker, add, served } = tracked();
    const contexts: Uint8Array[] = [];
    for (let i = 0; i < 20; i++) {
      add(`r${i}`);
      const context = tracker.startRound();
      if (context !== undefined) contexts.push(context);
    }
    expect(contexts).toHaveLength(2);
    expect(tracker.waitingCount).toBe(20);
    // Confirmed, and only waiting for apply: that keeps nobody else from asking.
    for (const context of contexts) tracker.confirm(context, 9);
    const next = tracker.startRound();
    if (next !== undefined) tracker.confirm(next, 8);
    tracker.serve(8);
    expect(served).toEqual(Array.from({ length: 18 }, (_, i) => `r${i + 2}`));
  });
});
