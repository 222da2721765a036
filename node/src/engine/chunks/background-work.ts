// SPDX-License-Identifier: Apache-2.0

export interface WorkObserver {
  /** A piece of work failed and will be tried again. */
  failed(name: string, error: unknown): void;
  /** It ended well, whatever had happened before. */
  done(name: string): void;
}

/** Runs long work one piece at a time, each piece at most once at a time, in the order in which it was asked for. */
export class BackgroundWork {
  readonly #waiting = new Map<string, () => Promise<void>>();
  readonly #observer: WorkObserver;
  #running: string | undefined;
  #stopped = false;

  constructor(observer: WorkObserver) {
    this.#observer = observer;
  }

  /** Does nothing while work of that name waits or runs. */
  start(name: string, work: () => Promise<void>): void {
    if (this.#stopped || this.#running === name || this.#waiting.has(name)) return;
    this.#waiting.set(name, work);
    if (this.#running === undefined) void this.#runAll();
  }

  get waitingCount(): number {
    return this.#waiting.size + (this.#running === undefined ? 0 : 1);
  }

  stop(): void {
    this.#stopped = true;
    this.#waiting.clear();
  }

  async #runAll(): Promise<void> {
    for (;;) {
      const next = this.#waiting.entries().next().value;
      if (next === undefined) return;
      const [name, work] = next;
      this.#waiting.delete(name);
      this.#running = name;
      try {
        await work();
        this.#observer.done(name);
      } catch (error) {
        this.#observer.failed(name, error);
      } finally {
        this.#running = undefined;
      }
    }
  }
}
