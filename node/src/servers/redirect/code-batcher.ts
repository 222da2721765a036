// SPDX-License-Identifier: Apache-2.0
import type { Resolution, Resolver } from '../../services/redirect.ts';
import { CallPace } from './call-pace.ts';
import type { PaceOptions } from './call-pace.ts';

export interface CodeBatcherOptions {
  readonly resolver: Resolver;
  /** Calls for one group at the same time; codes that come meanwhile wait and share the next call. */
  readonly maxInFlight: number;
  /** The next call for a group waits for the one before, unless that has taken so long. */
  readonly patienceMs: number;
  readonly pace: PaceOptions;
  /** Codes of one group, and codes whose answers take longer, that wait at most; more are turned away. */
  readonly maxWaiting: number;
  readonly monotonicMs: () => number;
  readonly onBatch: (codes: number) => void;
  /** So many codes were answered, so long after the turn in which they came. */
  readonly onAnswered: (codes: number, elapsedMs: number) => void;
  /** A call failed with a defect; its codes have been answered as unavailable. */
  readonly onError: (error: unknown) => void;
}

type Resolutions = Awaited<ReturnType<Resolver['resolve']>>;

interface Waiting {
  readonly code: string;
  /** When the turn began in which it came. */
  readonly atMs: number;
  readonly done: (resolution: Resolution) => void;
}

interface Group {
  waiting: Waiting[];
  inFlight: number;
  lastStartMs: number;
}

interface Call {
  readonly batch: readonly Waiting[];
  readonly startMs: number;
}

interface Answered {
  readonly batch: readonly Waiting[];
  readonly resolutions: Resolutions;
}

const unavailable: Resolution = { kind: 'unavailable' };

/** Collects the codes of all connections until the end of the event loop's turn and asks for them in one call per group. */
export class CodeBatcher {
  readonly #options: CodeBatcherOptions;
  readonly #groups = new Map<number, Group>();
  readonly #pace: CallPace;
  #answered: Answered[] = [];
  #scheduled = false;
  /** The clock is read once a turn: a code must not pay for it. */
  #turnAtMs = 0;
  /** Codes whose resolution has to be waited for by itself. */
  #late = 0;
  #timer: NodeJS.Timeout | undefined;
  readonly #afterAnswers: () => void;

  /** `afterAnswers` runs once after the answers of a turn were handed out. */
  constructor(options: CodeBatcherOptions, afterAnswers: () => void) {
    this.#options = options;
    this.#pace = new CallPace(options.pace);
    this.#afterAnswers = afterAnswers;
  }

  /** False when too many codes wait already: `done` will not be called. */
  add(code: string, done: (resolution: Resolution) => void): boolean {
    const key = this.#options.resolver.groupOf(code);
    let group = this.#groups.get(key);
    if (group === undefined) {
      group = { waiting: [], inFlight: 0, lastStartMs: 0 };
      this.#groups.set(key, group);
    }
    if (Math.max(group.waiting.length, this.#late) >= this.#options.maxWaiting) return false;
    this.#schedule();
    group.waiting.push({ code, atMs: this.#turnAtMs, done });
    return true;
  }

  /** At the end of the event loop's turn, when all that has arrived is read. */
  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#turnAtMs = this.#options.monotonicMs();
    setImmediate(() => {
      this.#scheduled = false;
      this.#turn();
    });
  }

  #turn(): void {
    this.#startCalls();
    if (this.#answered.length === 0) return;
    const answered = this.#answered;
    this.#answered = [];
    // The calls leave first: writing the answers of the last ones takes as long as the next ones are on their way.
    queueMicrotask(() => this.#handOut(answered));
  }

  /** Of all groups together: what starts together travels together. */
  #startCalls(): void {
    const nowMs = this.#options.monotonicMs();
    const ready = [...this.#groups.values()].filter((group) => this.#isReady(group, nowMs));
    const codes = ready.reduce((sum, group) => sum + group.waiting.length, 0);
    if (codes === 0) return;
    const delayMs = this.#pace.delayMs(codes, nowMs);
    if (delayMs > 0) return this.#startLater(delayMs);
    this.#pace.started(codes, nowMs);
    for (const group of ready) this.#start(group, nowMs);
  }

  #isReady({ waiting, inFlight, lastStartMs }: Group, nowMs: number): boolean {
    const { maxInFlight, patienceMs } = this.#options;
    if (waiting.length === 0 || inFlight >= maxInFlight) return false;
    return inFlight === 0 || nowMs - lastStartMs >= patienceMs;
  }

  #startLater(delayMs: number): void {
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#schedule();
    }, delayMs);
  }

  #start(group: Group, nowMs: number): void {
    const batch = group.waiting;
    group.waiting = [];
    group.inFlight++;
    group.lastStartMs = nowMs;
    this.#options.onBatch(batch.length);
    void this.#run(group, { batch, startMs: nowMs });
  }

  async #run(group: Group, { batch, startMs }: Call): Promise<void> {
    let resolutions: Resolutions = [];
    try {
      resolutions = await this.#options.resolver.resolve(batch.map((waiting) => waiting.code));
    } catch (error) {
      this.#options.onError(error);
    }
    group.inFlight--;
    this.#pace.ended(this.#options.monotonicMs() - startMs);
    this.#answered.push({ batch, resolutions });
    this.#schedule();
  }

  #handOut(answered: readonly Answered[]): void {
    const nowMs = this.#options.monotonicMs();
    for (const { batch, resolutions } of answered) {
      let [turnAtMs, codes] = [0, 0];
      for (const [i, waiting] of batch.entries()) {
        const resolution = resolutions[i] ?? unavailable;
        if (resolution instanceof Promise) {
          void this.#handOutLater(waiting, resolution);
          continue;
        }
        if (waiting.atMs !== turnAtMs) {
          this.#measure(codes, nowMs - turnAtMs);
          [turnAtMs, codes] = [waiting.atMs, 0];
        }
        codes++;
        waiting.done(resolution);
      }
      this.#measure(codes, nowMs - turnAtMs);
    }
    this.#afterAnswers();
  }

  #measure(codes: number, elapsedMs: number): void {
    if (codes > 0) this.#options.onAnswered(codes, elapsedMs);
  }

  async #handOutLater(waiting: Waiting, resolution: Promise<Resolution>): Promise<void> {
    this.#late++;
    const settled = await resolution.catch((error: unknown) => {
      this.#options.onError(error);
      return unavailable;
    });
    this.#late--;
    this.#measure(1, this.#options.monotonicMs() - waiting.atMs);
    waiting.done(settled);
  }
}
