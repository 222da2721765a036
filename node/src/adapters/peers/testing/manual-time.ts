// SPDX-License-Identifier: Apache-2.0
import type { CancelTimer, Clock, Timers } from '../../../ports/clock.ts';

interface Alarm {
  readonly atMs: number;
  readonly run: () => void;
}

/** Time that stands still until the test moves it. */
export class ManualTime implements Clock, Timers {
  readonly #alarms = new Set<Alarm>();
  #nowMs = 1_000_000;

  nowMs(): number {
    return this.#nowMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  after(delayMs: number, run: () => void): CancelTimer {
    const alarm = { atMs: this.#nowMs + delayMs, run };
    this.#alarms.add(alarm);
    return () => void this.#alarms.delete(alarm);
  }

  advance(byMs: number): void {
    this.#nowMs += byMs;
    for (const alarm of [...this.#alarms].toSorted((a, b) => a.atMs - b.atMs)) {
      if (alarm.atMs > this.#nowMs || !this.#alarms.delete(alarm)) continue;
      alarm.run();
    }
  }
}
