// SPDX-License-Identifier: Apache-2.0
import { readTogether, versionOf } from './steady-files.ts';

export interface FollowEvents<T> {
  /** The files were changed and mean something else now. */
  readonly onChange?: ((value: T) => void) | undefined;
  /** They were changed into something that cannot be used; the value stays what it was. Told once a change. */
  readonly onTrouble: (error: unknown) => void;
}

/** A mounted Secret is replaced within a minute or two of its change anyway. */
const usualIntervalMs = 1000;

/** What some files mean, read again when they have changed. They are looked at, not watched: mounts tell nobody. */
export class FollowedFiles<T> {
  readonly #paths: readonly string[];
  readonly #parse: (contents: readonly (Buffer | undefined)[]) => T;
  readonly #events: FollowEvents<T>;
  readonly #timer: NodeJS.Timeout;
  #version: string;
  #value: T;

  /** @throws what `parse` throws, or when a file is there and cannot be read: at the start that is a mistake. */
  constructor(
    paths: readonly string[],
    parse: (contents: readonly (Buffer | undefined)[]) => T,
    events: FollowEvents<T>,
    intervalMs = usualIntervalMs,
  ) {
    this.#paths = paths;
    this.#parse = parse;
    this.#events = events;
    const { version, contents } = readTogether(paths);
    this.#value = parse(contents);
    this.#version = version;
    this.#timer = setInterval(() => this.#look(), intervalMs).unref();
  }

  get value(): T {
    return this.#value;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    let version = '';
    try {
      version = versionOf(this.#paths);
      if (version === this.#version) return;
      const read = readTogether(this.#paths);
      version = read.version;
      this.#value = this.#parse(read.contents);
    } catch (error) {
      // Unreadable files have no version: their trouble is told once, too.
      if (version !== this.#version) this.#events.onTrouble(error);
      this.#version = version;
      return;
    }
    this.#version = version;
    this.#events.onChange?.(this.#value);
  }
}
