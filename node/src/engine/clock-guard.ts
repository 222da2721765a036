// SPDX-License-Identifier: Apache-2.0
import type { NodeId } from '@shortlink/common/ids.ts';
import type { Clock } from '../ports/clock.ts';

/**
 * Decides whether this node's wall clock may stamp entries (design §3.5). A jump against the monotonic clock takes the
 * trust away at once; it comes back when a majority of the nodes heard lately agrees with the new time.
 */
export class ClockGuard {
  readonly #clock: Clock;
  readonly #maxJumpMs: number;
  readonly #offsetsMs = new Map<NodeId, { readonly offsetMs: number; readonly atMs: number }>();
  #wallMs: number;
  #monotonicMs: number;
  #jumped = false;

  constructor(clock: Clock, maxJumpMs: number) {
    this.#clock = clock;
    this.#maxJumpMs = maxJumpMs;
    this.#wallMs = clock.nowMs();
    this.#monotonicMs = clock.monotonicMs();
  }

  /** A frame carried the clock of another node. */
  observe(node: NodeId, theirMs: number): void {
    this.#offsetsMs.set(node, { offsetMs: theirMs - this.#clock.nowMs(), atMs: this.#clock.monotonicMs() });
  }

  /** The largest difference to the clock of a node that was heard lately; undefined while none was. */
  get worstOffsetMs(): number | undefined {
    const nowMs = this.#clock.monotonicMs();
    const fresh = [...this.#offsetsMs.values()].filter(({ atMs }) => nowMs - atMs <= freshMs);
    return fresh.length === 0 ? undefined : Math.max(...fresh.map(({ offsetMs }) => Math.abs(offsetMs)));
  }

  /** The wall clock where it is trusted, else undefined. */
  trustedNowMs(clusterSize: number): number | undefined {
    const nowMs = this.#clock.nowMs();
    const monotonicMs = this.#clock.monotonicMs();
    const expectedMs = this.#wallMs + (monotonicMs - this.#monotonicMs);
    if (Math.abs(nowMs - expectedMs) > this.#maxJumpMs) {
      this.#jumped = true;
      // What peers said is relative to the clock of then.
      this.#offsetsMs.clear();
    }
    this.#wallMs = nowMs;
    this.#monotonicMs = monotonicMs;
    const { agree, disagree } = this.#votes(monotonicMs);
    if (this.#jumped && (agree + 1) * 2 > clusterSize) this.#jumped = false;
    return this.#jumped || disagree * 2 > clusterSize ? undefined : nowMs;
  }

  #votes(monotonicMs: number): { agree: number; disagree: number } {
    let agree = 0;
    let disagree = 0;
    for (const { offsetMs, atMs } of this.#offsetsMs.values()) {
      if (monotonicMs - atMs > freshMs) continue;
      if (Math.abs(offsetMs) > this.#maxJumpMs) disagree++;
      else agree++;
    }
    return { agree, disagree };
  }
}

/** Clocks heard longer ago than this say nothing. */
const freshMs = 10_000;
