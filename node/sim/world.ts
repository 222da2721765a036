// SPDX-License-Identifier: Apache-2.0
import { EventQueue } from './event-queue.ts';
import type { Owner, QueuedEvent } from './event-queue.ts';
import { SimRandom, hashText } from './sim-random.ts';

export interface WorldOptions {
  readonly seed: number;
  /** Told of every note, for `--verbose`. */
  readonly onNote?: ((atUs: number, kind: string, detail: string) => void) | undefined;
}

/**
 * Virtual time. Everything that happens is an event in one queue; promises settle between two events, so a run is a
 * function of its seed. The trace hash covers every note and thereby tells two runs apart at the first difference.
 */
export class World {
  readonly seed: number;
  /** Events that have run. */
  eventCount = 0;
  readonly #onNote: WorldOptions['onNote'];
  readonly #root: SimRandom;
  readonly #queue = new EventQueue();
  #nowUs = 0;
  #sequence = 0;
  #hashLow = 0x811c_9dc5;
  #hashHigh = 0x1234_5678;

  constructor(options: WorldOptions) {
    this.seed = options.seed;
    this.#onNote = options.onNote;
    this.#root = new SimRandom(options.seed);
  }

  get nowUs(): number {
    return this.#nowUs;
  }

  get traceHash(): string {
    return this.#hashHigh.toString(16).padStart(8, '0') + this.#hashLow.toString(16).padStart(8, '0');
  }

  random(concern: string): SimRandom {
    return this.#root.split(concern);
  }

  /** Something worth a line in the trace. */
  note(kind: string, detail: string): void {
    this.#hashLow = hashText(detail, hashText(kind, (this.#hashLow ^ this.#nowUs) >>> 0));
    this.#hashHigh = (Math.imul(this.#hashHigh, 0x85eb_ca6b) + this.#hashLow) >>> 0;
    this.#onNote?.(this.#nowUs, kind, detail);
  }

  /** `otherwise` runs instead when `owner` is dead by then. @returns how to cancel it. */
  after(delayUs: number, run: () => void, owner?: Owner, otherwise?: () => void): () => void {
    const atUs = this.#nowUs + Math.max(0, Math.floor(delayUs));
    const event: QueuedEvent = { atUs, sequence: this.#sequence++, owner, run, otherwise };
    this.#queue.push(event);
    return () => {
      event.run = undefined;
    };
  }

  async sleep(delayUs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      this.after(delayUs, resolve);
    });
  }

  /** Runs the events up to `untilUs`, or until `done` says so. */
  async run(untilUs: number, done: () => boolean = () => false): Promise<void> {
    while (!done()) {
      const next = this.#queue.peek();
      if (next === undefined || next.atUs > untilUs) {
        this.#nowUs = Math.max(this.#nowUs, untilUs);
        return;
      }
      this.#queue.pop();
      this.#nowUs = next.atUs;
      const { owner } = next;
      if (next.run === undefined) continue;
      if (owner?.isAlive === false) {
        next.otherwise?.();
        continue;
      }
      if (owner !== undefined && owner.pausedUntilUs > this.#nowUs) {
        next.atUs = owner.pausedUntilUs;
        next.sequence = this.#sequence++;
        this.#queue.push(next);
        continue;
      }
      this.eventCount++;
      try {
        next.run();
      } catch (error) {
        if (owner === undefined) throw error;
        owner.failed(error);
      }
      await settled();
    }
  }
}

/** Every promise that can go on has gone on: nothing here waits for real input or time. */
async function settled(): Promise<void> {
  await new Promise<void>((resolve) => {
    setImmediate(resolve);
  });
}
