// SPDX-License-Identifier: Apache-2.0
import type { Resolution, Resolver } from '../../services/redirect.ts';

export interface CodeBatcherOptions {
  readonly resolver: Resolver;
  /** Calls of the resolver at the same time and for one group; codes that come meanwhile wait and share the next call. */
  readonly maxInFlight: number;
  /** Codes of one group that wait at most; more are turned away. */
  readonly maxWaiting: number;
  readonly onBatch: (codes: number) => void;
  /** A call failed with a defect; its codes have been answered as unavailable. */
  readonly onError: (error: unknown) => void;
}

interface Waiting {
  readonly code: string;
  readonly done: (resolution: Resolution) => void;
}

interface Group {
  waiting: Waiting[];
  /** Codes of each call that is on its way. */
  readonly inFlight: number[];
}

const unavailable: Resolution = { kind: 'unavailable' };

/** Collects the codes of all connections until the end of the event loop's turn and asks for them in one call per group. */
export class CodeBatcher {
  readonly #options: CodeBatcherOptions;
  readonly #groups = new Map<number, Group>();
  #scheduled = false;
  readonly #afterAnswers: () => void;

  /** `afterAnswers` runs once after the answers of a call were handed out. */
  constructor(options: CodeBatcherOptions, afterAnswers: () => void) {
    this.#options = options;
    this.#afterAnswers = afterAnswers;
  }

  /** False when too many codes wait already: `done` will not be called. */
  add(code: string, done: (resolution: Resolution) => void): boolean {
    const key = this.#options.resolver.groupOf(code);
    let group = this.#groups.get(key);
    if (group === undefined) {
      group = { waiting: [], inFlight: [] };
      this.#groups.set(key, group);
    }
    if (group.waiting.length >= this.#options.maxWaiting) return false;
    group.waiting.push({ code, done });
    if (!this.#scheduled) {
      this.#scheduled = true;
      setImmediate(() => {
        this.#scheduled = false;
        for (const each of this.#groups.values()) this.#start(each);
      });
    }
    return true;
  }

  /**
   * A call costs every replica of the group the same, however many codes it has. So a further one starts only once as
   * many codes wait as one on its way has: under load calls grow, and while there is none nothing waits.
   */
  #start(group: Group): void {
    const { waiting: batch, inFlight } = group;
    if (batch.length === 0 || inFlight.length >= this.#options.maxInFlight) return;
    if (inFlight.some((codes) => codes > batch.length)) return;
    group.waiting = [];
    inFlight.push(batch.length);
    this.#options.onBatch(batch.length);
    void this.#run(group, batch);
  }

  async #run(group: Group, batch: readonly Waiting[]): Promise<void> {
    let resolutions: readonly Resolution[] = [];
    try {
      resolutions = await this.#options.resolver.resolve(batch.map((waiting) => waiting.code));
    } catch (error) {
      this.#options.onError(error);
    }
    group.inFlight.splice(group.inFlight.indexOf(batch.length), 1);
    this.#start(group);
    // The next call leaves now: writing the answers of this one takes as long as it is on its way.
    await Promise.resolve();
    for (const [i, waiting] of batch.entries()) waiting.done(resolutions[i] ?? unavailable);
    this.#afterAnswers();
  }
}
