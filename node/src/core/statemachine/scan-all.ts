// SPDX-License-Identifier: Apache-2.0
import { concatBytes } from '@shortlink/common/bytes.ts';
import type { StateRange, StateReader, StateRow } from './state-reader.ts';

const pageRows = 1000;

/** Every row of a range, in the order of keys: for ranges that are known to be small. */
export function scanAll(reader: StateReader, { gte: first, lt }: StateRange): StateRow[] {
  const found: StateRow[] = [];
  let gte = first;
  for (;;) {
    const rows = reader.scan({ gte, lt }, { limit: pageRows });
    found.push(...rows);
    const last = rows.at(-1);
    if (rows.length < pageRows || last === undefined) return found;
    gte = concatBytes(last.key, Uint8Array.of(0));
  }
}
