// SPDX-License-Identifier: Apache-2.0
import type { WriteBatch } from '../../ports/kv-engine.ts';
import { hardStateKey, truncationKey } from './keys.ts';
import type { ReplicaKey } from './keys.ts';
import { encodeHardState, encodeTruncation } from './log-codec.ts';
import type { Truncation } from './log-codec.ts';

/**
 * Founders start behind a virtual entry, so that the configuration of the founders, and whatever else they start with, reaches
 * every later replica by a snapshot: it is in no entry.
 */
export const foundingEntry: Truncation = { index: 1, term: 1 };

/** The log of a founder, in which the virtual entry is committed and forgotten already. */
export function putFoundingLog(key: ReplicaKey, batch: WriteBatch): void {
  const { index, term } = foundingEntry;
  batch.put('raft', truncationKey(key), encodeTruncation(foundingEntry));
  batch.put('raft', hardStateKey(key), encodeHardState({ term, vote: 0, commit: index }));
}
