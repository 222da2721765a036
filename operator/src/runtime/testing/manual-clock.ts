// SPDX-License-Identifier: Apache-2.0
import type { CancelTimer, Clock } from '../../ports/clock.ts';

interface Timer {
  readonly dueMs: number;
  readonly run: () => void;
}

const turnsToSettle = 6;

/** Lets everything run that can run without time passing. */
export async function settle(): Promise<void> {
  for (let i = 0; i < turnsToSettle; i++) await new Promise((resolve) => setImmediate(resolve));
}

/** Time that passes only when a test says so. */
export class ManualClock implements Clock {
  /** What the wall clock is ahead of the monotonic one; tests move it at will. */
  wallOffsetMs = Date.UTC(2026, 0, 1);
  #nowMs = 0;
  readonly #timers = new Set<Timer>();

  nowMs(): number {
    return this.wallOffsetMs + this.#nowMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  get timers(): number {
    return this.#timers.size;
  }

  /** What has ended leaves nothing behind. @throws when a timer is left. */
  checkNoTimers(): void {
    if (this.#timers.size > 0) throw new Error(`${this.#timers.size} timers are left`);
  }

  after(delayMs: number, run: () => void): CancelTimer {
    const timer = { dueMs: this.#nowMs + Math.max(0, delayMs), run };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  /** Passes time from timer to timer; what each sets off runs before the next one. */
  async advance(ms: number): Promise<void> {
    const endMs = this.#nowMs + ms;
    await settle();
    for (let next = this.#next(endMs); next !== undefined; next = this.#next(endMs)) {
      this.#nowMs = Math.max(this.#nowMs, next.dueMs);
      this.#timers.delete(next);
      next.run();
      await settle();
    }
    this.#nowMs = endMs;
    await settle();
  }

  /** Time passes, and nothing runs meanwhile: a blocked event loop. Timers that are due run afterwards. */
  block(ms: number): void {
    this.#nowMs += ms;
  }

  #next(endMs: number): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.dueMs > endMs) continue;
      if (next === undefined || timer.dueMs < next.dueMs) next = timer;
    }
    return next;
  }
}
