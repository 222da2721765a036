// SPDX-License-Identifier: Apache-2.0
import { StoreCorruptError, StoreFailedError } from '../../ports/kv-engine.ts';

/** Codes that the binding derives from RocksDB's status (util.h, ToError). */
function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** What a failed call of RocksDB means to the users of the store. `doing` completes "RocksDB failed while …". */
export function storeError(error: unknown, doing: string): StoreFailedError | StoreCorruptError {
  if (codeOf(error) === 'LEVEL_LOCKED') {
    return new StoreFailedError(`another process uses the store (${doing}): ${messageOf(error)}`, { cause: error });
  }
  const message = `RocksDB failed while ${doing}: ${messageOf(error)}`;
  return codeOf(error) === 'LEVEL_CORRUPTION'
    ? new StoreCorruptError(message, { cause: error })
    : new StoreFailedError(message, { cause: error });
}

export function isLocked(error: unknown): boolean {
  return codeOf(error) === 'LEVEL_LOCKED';
}
