// SPDX-License-Identifier: Apache-2.0

import { silentLevel } from '../logger.ts';
import type { LogLevel, RaftLogger } from '../logger.ts';

/** `FATAL` is the level of a broken invariant; `NONE` also silences everything but errors of the script. */
export const levelNames = ['DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL', 'NONE'] as const;
const quietLevel = levelNames.indexOf('NONE');
const levels: readonly LogLevel[] = [0, 1, 2, 3, silentLevel, silentLevel];

/** What a command prints: its own text and the log of all replicas, in order. */
export class Output implements RaftLogger {
  /** Position in `levelNames`. */
  scriptLevel = 0;
  #text = '';

  get level(): LogLevel {
    return levels[this.scriptLevel] ?? silentLevel;
  }

  get quiet(): boolean {
    return this.scriptLevel === quietLevel;
  }

  log(level: LogLevel, text: string): void {
    this.write(`${levelNames[level]} ${text}\n`);
  }

  write(text: string): void {
    if (!this.quiet) this.#text += text;
  }

  /** Takes all text that was written. */
  take(): string {
    const text = this.#text;
    this.#text = '';
    return text;
  }

  /** What `body` prints is indented. */
  indented(body: () => void): void {
    const before = this.take();
    body();
    const lines = this.take().split('\n');
    if (lines.at(-1) === '') lines.pop();
    this.#text = before + lines.map((line) => `  ${line}\n`).join('');
  }
}
