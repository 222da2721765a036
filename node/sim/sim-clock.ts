// SPDX-License-Identifier: Apache-2.0
import type { CancelTimer, Clock, Timers } from '../src/ports/clock.ts';
import type { Owner } from './event-queue.ts';
import type { World } from './world.ts';

/** 2030-01-01; far from zero, so that a forgotten clock shows. */
const epochMs = Date.UTC(2030, 0, 1);

/** A node's clocks: its wall clock can be set wrong, its monotonic one cannot. */
export class SimClock implements Clock {
  /** How wrong the wall clock is. */
  offsetMs: number;
  readonly #world: World;

  constructor(world: World, offsetMs: number) {
    this.#world = world;
    this.offsetMs = offsetMs;
  }

  nowMs(): number {
    return epochMs + Math.floor(this.#world.nowUs / 1000) + this.offsetMs;
  }

  monotonicMs(): number {
    return Math.floor(this.#world.nowUs / 1000);
  }
}

export class SimTimers implements Timers {
  readonly #world: World;
  readonly #owner: Owner | undefined;

  /** Without an owner they run whatever happens. */
  constructor(world: World, owner: Owner | undefined) {
    this.#world = world;
    this.#owner = owner;
  }

  after(delayMs: number, run: () => void): CancelTimer {
    return this.#world.after(delayMs * 1000, run, this.#owner);
  }
}
