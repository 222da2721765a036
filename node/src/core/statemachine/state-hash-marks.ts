// SPDX-License-Identifier: Apache-2.0
import { ByteReader } from '@shortlink/common/byte-reader.ts';
import { ByteWriter } from '@shortlink/common/byte-writer.ts';
import { fromHex, toHex } from '@shortlink/common/bytes.ts';
import type { StateHashCheck } from './commands.ts';
import { stateHashKey } from './keys.ts';
import type { ShardScope } from './keys.ts';
import type { ShardState } from './shard-state.ts';
import type { StateReader } from './state-reader.ts';
import type { StateTx } from './state-tx.ts';
import { expectVersion } from './wire-fields.ts';

// A ring of rows remembers the state hash after every 64th entry. Rows and not a field of the shard state, because that one
// is written with every batch; they survive a restart and travel in snapshots alike.

export const stateHashIntervalEntries = 64;
const ringPlaces = 64;
const formatVersion = 1;

export interface StateHashMark {
  readonly index: number;
  readonly hash: string;
}

function placeOf(index: number): number {
  return (index / stateHashIntervalEntries) % ringPlaces;
}

/** To be called after every entry; no part of the state hash itself. */
export function recordStateHash(state: ShardState, tx: StateTx): void {
  const index = state.appliedIndex;
  if (index % stateHashIntervalEntries !== 0) return;
  const row = new ByteWriter().uint8(formatVersion).varint(index).raw(fromHex(state.stateHash)).finish();
  tx.put(stateHashKey(tx.scope, placeOf(index)), row);
}

function readMark(
  get: (key: Uint8Array) => Uint8Array | undefined,
  scope: ShardScope,
  index: number,
): StateHashMark | undefined {
  if (index === 0 || index % stateHashIntervalEntries !== 0) return undefined;
  const row = get(stateHashKey(scope, placeOf(index)));
  if (row === undefined) return undefined;
  const reader = new ByteReader(row);
  expectVersion(reader, formatVersion, 'state hash row');
  const mark = { index: reader.varint(), hash: toHex(reader.raw(8)) };
  reader.end();
  return mark.index === index ? mark : undefined;
}

/** The newest hash that a leader can have checked; undefined before the 64th entry. */
export function newestStateHash(
  reader: StateReader,
  scope: ShardScope,
  appliedIndex: number,
): StateHashMark | undefined {
  return readMark((key) => reader.get(key), scope, appliedIndex - (appliedIndex % stateHashIntervalEntries));
}

/** Unknown: this replica has forgotten the hash, or had none at that index. */
export function judgeStateHash(tx: StateTx, check: StateHashCheck): 'equal' | 'different' | 'unknown' {
  const mark = readMark((key) => tx.get(key), tx.scope, check.index);
  if (mark === undefined) return 'unknown';
  return mark.hash === check.hash ? 'equal' : 'different';
}
