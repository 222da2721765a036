// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { ClockGuard } from './clock-guard.ts';

const maxJumpMs = 1000;

function guarded() {
  const clock = { wallMs: 1_000_000, monotonicMs: 50 };
  const guard = new ClockGuard({ nowMs: () => clock.wallMs, monotonicMs: () => clock.monotonicMs }, maxJumpMs);
  const pass = (ms: number): void => {
    clock.wallMs += ms;
    clock.monotonicMs += ms;
  };
  return { clock, guard, pass };
}

describe('the clock guard', () => {
  it('trusts a clock that runs with the monotonic one', () => {
    const { clock, guard, pass } = guarded();
    for (let i = 0; i < 10; i++) {
      pass(100_000);
      expect(guard.trustedNowMs(3)).toBe(clock.wallMs);
    }
  });

  it.each([60_000, -60_000])(
    'takes the trust from a clock that jumps by %i ms, before anybody else has noticed',
    (jumpMs) => {
      const { clock, guard, pass } = guarded();
      guard.trustedNowMs(3);
      pass(10);
      clock.wallMs += jumpMs;
      expect(guard.trustedNowMs(3)).toBeUndefined();
      pass(100);
      expect(guard.trustedNowMs(3)).toBeUndefined();
    },
  );

  it('trusts the new time once a majority of the cluster has it, too', () => {
    const { clock, guard, pass } = guarded();
    clock.wallMs += 60_000;
    expect(guard.trustedNowMs(3)).toBeUndefined();
    pass(10);
    guard.observe('a', clock.wallMs + 5);
    expect(guard.trustedNowMs(3)).toBe(clock.wallMs);
  });

  it('does not trust a clock that a majority contradicts, though it never jumped', () => {
    const { clock, guard, pass } = guarded();
    guard.observe('a', clock.wallMs + 60_000);
    guard.observe('b', clock.wallMs + 60_010);
    expect(guard.trustedNowMs(3)).toBeUndefined();
    // Clocks that were heard long ago say nothing.
    pass(60_000);
    expect(guard.trustedNowMs(3)).toBe(clock.wallMs);
  });

  it('is not put off by one other node whose clock is wrong', () => {
    const { clock, guard } = guarded();
    guard.observe('a', clock.wallMs + 60_000);
    guard.observe('b', clock.wallMs);
    expect(guard.trustedNowMs(3)).toBe(clock.wallMs);
  });

  it('lets a cluster of one node set its clock', () => {
    const { clock, guard } = guarded();
    clock.wallMs += 60_000;
    expect(guard.trustedNowMs(1)).toBe(clock.wallMs);
  });

  it('tells the largest difference to a clock that was heard lately', () => {
    const { clock, guard, pass } = guarded();
    expect(guard.worstOffsetMs).toBeUndefined();
    guard.observe('a', clock.wallMs - 300);
    pass(6000);
    guard.observe('b', clock.wallMs + 20);
    expect(guard.worstOffsetMs).toBe(300);
    pass(6000);
    expect(guard.worstOffsetMs).toBe(20);
  });
});
