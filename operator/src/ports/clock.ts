// SPDX-License-Identifier: Apache-2.0

/** Time, as far as the operator may see it. */
export interface Clock {
  /** Wall clock, milliseconds since the epoch; may jump. For what people read, never for decisions. */
  nowMs(): number;
  /** Never falls; only differences mean something. */
  monotonicMs(): number;
  /** Calls back once, later. */
  after(delayMs: number, run: () => void): CancelTimer;
}

export type CancelTimer = () => void;
