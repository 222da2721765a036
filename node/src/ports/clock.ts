// SPDX-License-Identifier: Apache-2.0

/** Time, as far as production code may see it. */
export interface Clock {
  /** Wall clock, milliseconds since the epoch; may jump. */
  nowMs(): number;
  /** Never falls; only differences mean something. */
  monotonicMs(): number;
}

/** Calls back later; only for deadlines and back-off, never for what a tick can do. */
export interface Timers {
  after(delayMs: number, run: () => void): CancelTimer;
}

export type CancelTimer = () => void;
