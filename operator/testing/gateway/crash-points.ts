// SPDX-License-Identifier: Apache-2.0

/** What everything that the operator does meets with after its process has ended. */
export class CrashedError extends Error {
  override readonly name = 'CrashedError';
}

export interface CrashPoint {
  /** Of the effect, in the order in which the process has them, from 0. */
  readonly index: number;
  /** `after`: the effect has happened, and nobody has heard of it. */
  readonly when: 'before' | 'after';
}

/**
 * The effects of one life of an operator's process: writes to the API and calls of nodes alike go through `around`. A run
 * without a crash counts them; then each of them can be the last one, before and after it happens.
 */
export class CrashPoints {
  readonly #at: CrashPoint | undefined;
  readonly #passed: string[] = [];
  readonly #listeners = new Set<() => void>();
  #isCrashed = false;

  constructor(at?: CrashPoint) {
    this.#at = at;
  }

  /** What each effect was, in words. */
  get passed(): readonly string[] {
    return this.#passed;
  }

  get isCrashed(): boolean {
    return this.#isCrashed;
  }

  /** Called once, when the process ends: to abort what runs of it. */
  onCrash(listener: () => void): void {
    this.#listeners.add(listener);
  }

  /** @throws CrashedError when the process has ended. */
  check(): void {
    if (this.#isCrashed) throw new CrashedError('this process has ended');
  }

  /** The process ends now, whatever it is about to do. */
  end(): void {
    this.#isCrashed = true;
    for (const listener of this.#listeners) listener();
  }

  async around<T>(label: string, act: () => Promise<T>): Promise<T> {
    this.check();
    const index = this.#passed.length;
    this.#passed.push(label);
    if (this.#at?.index === index && this.#at.when === 'before') this.#crash(`before ${label}`);
    try {
      return await act();
    } finally {
      if (this.#at?.index === index) this.#crash(`after ${label}`);
      this.check();
    }
  }

  #crash(where: string): never {
    this.end();
    throw new CrashedError(`the process ended ${where}`);
  }
}

/** Every crash point of a run that had so many effects. */
export function allCrashPoints(effects: number): readonly CrashPoint[] {
  return Array.from({ length: effects }, (_each, index) => index).flatMap((index) => [
    { index, when: 'before' as const },
    { index, when: 'after' as const },
  ]);
}
