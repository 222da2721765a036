// SPDX-License-Identifier: Apache-2.0
import { describeStateRow } from '../chunk/describe-state-row.ts';
import type { RowFacts } from '../chunk/chunk-row.ts';
import { namespaces } from '../statemachine/keys.ts';

/** Rows of checkpoints are those of chunks, and the idempotency memory. @throws DecodeError */
export function describeCheckpointRow(key: Uint8Array, value: Uint8Array): RowFacts {
  if (key[0] === namespaces.idempotency) return { revision: undefined, expiresAtMs: undefined, tombstone: false };
  return describeStateRow(key, value);
}
