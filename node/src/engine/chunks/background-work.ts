// SPDX-License-Identifier: Apache-2.0

/** Runs long work one piece at a time, each piece at most once at a time, in the order in which it was asked for. */
export class BackgroundWork {
  readonly #waiting = new Map<string, () => Promise<void>>();
  readonly #onFailure: (name: string, error: unknown) => void;
  #running: string | undefined;
  #stopped = false;

  constructor(onFailure: (name: string, error: unknown) => void) {
    this.#onFailure = onFailure;
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
      } catch (error) {
        this.#onFailure(name, error);
      } finally {
        this.#running = undefined;
      }
    }
  }
}
