// SPDX-License-Identifier: Apache-2.0
import { destination, pino, stdSerializers } from 'pino';
import type { DestinationStream } from 'pino';
import type { LogFields, Logger } from '../ports/logger.ts';

export interface LoggerOptions {
  /** `debug`, `info`, `warn` or `error`. */
  readonly level: string;
  /** In every line. */
  readonly base: LogFields;
  /** Standard output when there is none: synchronous, so that the last words before an exit are not lost. */
  readonly stream?: DestinationStream | undefined;
}

/** JSON lines. */
export function newLogger({ level, base, stream }: LoggerOptions): Logger {
  const logger = pino(
    {
      level,
      base,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: stdSerializers.err },
    },
    stream ?? destination({ fd: 1, sync: true }),
  );
  return {
    debug: (message, fields) => logger.debug(fields ?? {}, message),
    info: (message, fields) => logger.info(fields ?? {}, message),
    warn: (message, fields) => logger.warn(fields ?? {}, message),
    error: (message, fields) => logger.error(fields ?? {}, message),
  };
}
