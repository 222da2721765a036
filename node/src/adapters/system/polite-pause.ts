// SPDX-License-Identifier: Apache-2.0
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';

/** Of the time that the thread has computed: it goes on with at least a quarter of what it could do. */
const pauseMaxShare = 3;
const debtMaxMs = 200;

/** What a thread has used and what has passed, in ms. */
export interface ThreadTimes {
  readonly cpuMs: number;
  readonly wallMs: number;
}

function threadTimes(): ThreadTimes {
  const { user, system } = process.threadCpuUsage();
  return { cpuMs: (user + system) / 1000, wallMs: performance.now() };
}

/**
 * Pauses of a thread that computes and is in no hurry: none while it has a core to itself, longer ones the longer it had to
 * wait for one. Who waits for a core keeps others waiting, too, whatever process they belong to.
 */
export class PolitePause {
  readonly #times: () => ThreadTimes;
  #last: ThreadTimes;
  #debtMs = 0;

  constructor(times: () => ThreadTimes = threadTimes) {
    this.#times = times;
    this.#last = times();
  }

  async take(): Promise<void> {
    const pauseMs = this.dueMs();
    await (pauseMs < 1 ? nextTurn() : sleep(pauseMs));
    this.#last = this.#times();
  }

  /** How long to rest now, for what was computed since the last pause. */
  dueMs(): number {
    const { cpuMs, wallMs } = this.#times();
    const workedMs = cpuMs - this.#last.cpuMs;
    const waitedMs = Math.max(0, wallMs - this.#last.wallMs - workedMs);
    this.#debtMs = Math.min(this.#debtMs + waitedMs, debtMaxMs);
    const pauseMs = Math.min(this.#debtMs, workedMs * pauseMaxShare);
    this.#debtMs -= pauseMs;
    return pauseMs;
  }
}
