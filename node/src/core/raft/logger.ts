// SPDX-License-Identifier: Apache-2.0

/** Rising severity. Numbers, so that a call site can skip formatting by one comparison. */
export type LogLevel = 0 | 1 | 2 | 3 | 4;

export const debugLevel: LogLevel = 0;
export const infoLevel: LogLevel = 1;
export const warnLevel: LogLevel = 2;
export const errorLevel: LogLevel = 3;
/** As the level of a logger: nothing is logged. */
export const silentLevel: LogLevel = 4;

/**
 * Where the core reports what it did. A call site formats its text only when `level` admits it:
 * `if (logger.level <= infoLevel) logger.log(infoLevel, …)`.
 */
export interface RaftLogger {
  readonly level: LogLevel;
  log(level: LogLevel, text: string): void;
}

export const silentLogger: RaftLogger = { level: silentLevel, log: () => {} };
