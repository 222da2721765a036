// SPDX-License-Identifier: Apache-2.0

/** What a line says besides its sentence. `error` is shown with its stack. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Where lines for people go. Never throws, never waits. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}
