// SPDX-License-Identifier: Apache-2.0
import type { Io } from '@shortlink/common/cli/io.ts';
import { stringify } from 'yaml';
import type { Output } from './flags.ts';

/** Prints a result: as it is, or as `text` writes it. */
export function printResult(io: Io, output: Output, value: unknown, text: () => string): void {
  if (output === 'text') io.out(text());
  else io.out(output === 'json' ? JSON.stringify(value, null, 2) : stringify(value).trimEnd());
}
