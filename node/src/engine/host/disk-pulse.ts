// SPDX-License-Identifier: Apache-2.0
import { encodeJson } from '../../core/cluster/map-codec.ts';
import type { Clock } from '../../ports/clock.ts';
import type { WriteBatch } from '../../ports/kv-engine.ts';
import { pulseKey } from '../storage/keys.ts';

/** How the disk answers: every durable write of a turn tells, and where nothing is written, a probe does. */
export class DiskPulse {
  readonly #clock: Clock;
  #isProbeDue = false;
  #endedAtMs = Number.NEGATIVE_INFINITY;
  #tookMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get isProbeDue(): boolean {
    return this.#isProbeDue;
  }

  /** The next turn writes durably, whether or not there is anything to write. */
  askForProbe(): void {
    this.#isProbeDue = true;
  }

  /** Adds the row of a probe that is due. */
  addProbe(batch: WriteBatch): void {
    if (!this.#isProbeDue) return;
    this.#isProbeDue = false;
    batch.put('meta', pulseKey, encodeJson({ atMs: this.#clock.nowMs() }));
  }

  /** Measures a durable write. */
  measure(write: () => void): void {
    const startMs = this.#clock.monotonicMs();
    write();
    this.#endedAtMs = this.#clock.monotonicMs();
    this.#tookMs = this.#endedAtMs - startMs;
  }

  /** A durable write has ended within the last `withinMs`. */
  isFresh(withinMs: number): boolean {
    return this.#clock.monotonicMs() - this.#endedAtMs <= withinMs;
  }

  /** How long the last durable write took. */
  get tookMs(): number {
    return this.#tookMs;
  }
}
