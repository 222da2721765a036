// SPDX-License-Identifier: Apache-2.0
import type { CancelTimer, Clock } from '../src/ports/clock.ts';

interface Timer {
  readonly atMs: number;
  readonly order: number;
  readonly run: () => void;
}

/** Time that passes when a test says so. */
export class ManualClock implements Clock {
  #monotonicMs = 0;
  #wallMs: number;
  #order = 0;
  readonly #timers = new Set<Timer>();

  constructor(startMs = Date.UTC(2030, 0, 1)) {
    this.#wallMs = startMs;
  }

  nowMs(): number {
    return this.#wallMs;
  }

  monotonicMs(): number {
    return this.#monotonicMs;
  }

  after(delayMs: number, run: () => void): CancelTimer {
    const timer = { atMs: this.#monotonicMs + Math.max(0, delayMs), order: this.#order++, run };
    this.#timers.add(timer);
    return () => {
      this.#timers.delete(timer);
    };
  }

  /** Lets time pass: timers run in their order, and whoever waits for them gets a turn before the next one. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.#monotonicMs + ms;
    for (;;) {
      const next = this.#next();
      if (next === undefined || next.atMs > untilMs) break;
      this.#timers.delete(next);
      this.#pass(next.atMs - this.#monotonicMs);
      next.run();
      await turn();
    }
    this.#pass(untilMs - this.#monotonicMs);
    await turn();
  }

  /** The wall clock is set to another time; nothing else notices. */
  jump(ms: number): void {
    this.#wallMs += ms;
  }

  /** How long until the next timer; undefined when nobody waits. */
  nextTimerMs(): number | undefined {
    const next = this.#next();
    return next === undefined ? undefined : next.atMs - this.#monotonicMs;
  }

  #pass(ms: number): void {
    this.#monotonicMs += ms;
    this.#wallMs += ms;
  }

  #next(): Timer | undefined {
    return [...this.#timers].toSorted((a, b) => a.atMs - b.atMs || a.order - b.order)[0];
  }
}

/** Everything that is ready to run does so. */
export function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
