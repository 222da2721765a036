// SPDX-License-Identifier: Apache-2.0

import { broken } from './invariant.ts';
import type { LogIndex } from './types.ts';

/**
 * How far the state machine is, and how much it has been given and not yet acknowledged. The limit of bytes is soft
 * by one entry: a single entry is always handed out.
 *
 * Invariant: applied <= applying <= committed.
 */
export class ApplyWindow {
  /** The state machine has applied up to here. */
  applied: LogIndex;
  /** The state machine was given up to here. */
  applying: LogIndex;
  /** Nothing more is handed out until something is acknowledged. */
  paused = false;
  readonly maxBytes: number;
  #bytes = 0;

  constructor(applied: LogIndex, maxBytes: number) {
    this.applied = applied;
    this.applying = applied;
    this.maxBytes = maxBytes;
  }

  roomBytes(): number {
    return this.maxBytes - this.#bytes;
  }

  /**
   * Entries up to `index` were handed out. `appliable` is how far they could have gone without a limit: a shorter
   * hand-out means that the next entry does not fit, which pauses as well.
   */
  accept(index: LogIndex, bytes: number, appliable: LogIndex): void {
    this.applying = index;
    this.#bytes += bytes;
    this.paused = this.#bytes >= this.maxBytes || index < appliable;
  }

  /** Entries up to `index` were applied, `bytes` of them. */
  appliedTo(index: LogIndex, bytes: number, committed: LogIndex): void {
    if (index > committed || index < this.applied) {
      broken(`applied(${index}) is out of range [prevApplied(${this.applied}), committed(${committed})]`);
    }
    this.applied = index;
    this.applying = Math.max(this.applying, index);
    this.#bytes = Math.max(0, this.#bytes - bytes);
    this.paused = this.#bytes >= this.maxBytes;
  }
}
