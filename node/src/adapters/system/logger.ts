// SPDX-License-Identifier: Apache-2.0
import { destination, pino } from 'pino';
import type { Logger } from 'pino';

/** JSON lines on standard output, one logger a thread; synchronous, so that the last words before an exit are not lost. */
export function newLogger(options: { readonly level: string; readonly node: string; readonly thread: string }): Logger {
  const { level, node, thread } = options;
  return pino(
    { level, base: { node, thread }, timestamp: pino.stdTimeFunctions.isoTime },
    destination({ fd: 1, sync: true }),
  );
}
