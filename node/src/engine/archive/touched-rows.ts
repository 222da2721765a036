// SPDX-License-Identifier: Apache-2.0
import { defined } from '@shortlink/common/assert.ts';
import { rowsOfCommand } from '../../core/statemachine/command-rows.ts';
import type { Command } from '../../core/statemachine/commands.ts';
import { decodeEntry } from '../../core/statemachine/entry-codec.ts';
import type { PointRow } from '../../core/statemachine/command-rows.ts';
import type { KvReader } from '../../ports/kv-engine.ts';
import { entryIndexOf, entryRange } from '../storage/keys.ts';
import type { ReplicaKey } from '../storage/keys.ts';
import { decodeLogEntry } from '../storage/log-codec.ts';

/** What some entries may have changed: looked up in a snapshot afterwards, it says how. */
export interface TouchedRows {
  readonly points: readonly PointRow[];
  /** Keys of the idempotency memory, without their epochs. */
  readonly dedupKeys: readonly Uint8Array[];
}

const pageEntries = 128;
const pageBytes = 4 * 1024 * 1024;
/** Beyond this, writing all rows costs less than looking for those that have changed. */
export const touchedMaxRows = 200_000;

/** Rows that the entries `after` + 1 … `index` name. Undefined when the log does not reach back so far, or they are too many. */
export async function touchedRows(
  reader: KvReader,
  replica: ReplicaKey,
  span: { readonly after: number; readonly index: number },
  breathe: () => Promise<void>,
): Promise<TouchedRows | undefined> {
  const touched = new TouchedSet();
  for (let next = span.after + 1; next <= span.index;) {
    const range = entryRange(replica, next, span.index + 1);
    const rows = reader.scan('raft', range, { limit: pageEntries, maxBytes: pageBytes });
    if (rows.length === 0 || entryIndexOf(defined(rows[0], 'first entry').key) !== next) return undefined;
    for (const { value } of rows) {
      const entry = decodeLogEntry(next, value);
      if (entry.type === 'normal' && entry.data.length > 0) touched.addAll(decodeEntry(entry.data).commands);
      next++;
    }
    if (touched.size > touchedMaxRows) return undefined;
    await breathe();
  }
  return touched;
}

class TouchedSet implements TouchedRows {
  readonly #points = new Map<string, PointRow>();
  readonly #dedupKeys = new Map<string, Uint8Array>();

  get size(): number {
    return this.#points.size + this.#dedupKeys.size;
  }

  get points(): readonly PointRow[] {
    return [...this.#points.values()];
  }

  get dedupKeys(): readonly Uint8Array[] {
    return [...this.#dedupKeys.values()];
  }

  addAll(commands: readonly Command[]): void {
    for (const command of commands) {
      for (const { namespace, suffix } of rowsOfCommand(command)) {
        // A copy: what an entry was read from shall not stay in memory for its keys.
        this.#points.set(`${namespace} ${latin1(suffix)}`, { namespace, suffix: suffix.slice() });
      }
      if ('dedup' in command) this.#dedupKeys.set(latin1(command.dedup.key), command.dedup.key.slice());
    }
  }
}

/** One character a byte. */
function latin1(bytes: Uint8Array): string {
  return Reflect.apply(String.fromCharCode, undefined, bytes);
}
