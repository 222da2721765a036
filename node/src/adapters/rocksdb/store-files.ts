// SPDX-License-Identifier: Apache-2.0
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fromUtf8, utf8 } from '@shortlink/common/bytes.ts';
import { StoreCorruptError } from '../../ports/kv-engine.ts';
import { isNotFound, readFileIfPresent, writeFileAtomic } from '../system/atomic-file.ts';
import type { TornTail, WalCheck } from './wal-scan.ts';
import { checkWal } from './wal-scan.ts';

/** Torn tails that an earlier start accepted. RocksDB leaves files with other names alone. */
const tornTailsFile = 'torn-tails.json';

/**
 * Whether a directory holds a database. RocksDB takes one without CURRENT for new and would start empty beside the data.
 * @throws StoreCorruptError when CURRENT is missing and something else of a database is there.
 */
export function findStore(path: string): 'missing' | 'present' {
  const names = namesIn(path);
  if (names.includes('CURRENT')) return 'present';
  // A creation that was cut short leaves the first manifest and nothing that anybody was promised.
  const left = names.find((name) => /^\d+\.(?:sst|log)$/.test(name) || /^MANIFEST-(?!0*1$)/.test(name));
  if (left !== undefined) throw new StoreCorruptError(`${path} holds ${left} but no CURRENT; ${advice}`);
  return 'missing';
}

const advice = 'remove the data of this node, so that it joins again as a new replica';

/** Checks the logs, and remembers what was accepted. @throws StoreCorruptError */
export function checkStoreFiles(path: string, found: 'missing' | 'present'): WalCheck {
  if (found === 'missing') return { kind: 'clean', files: 0, operations: 0 };
  const accepted = readTornTails(path);
  const check = checkWal(path, accepted);
  if (check.kind === 'corrupt') {
    throw new StoreCorruptError(
      `the log ${join(path, check.file)} is corrupt at byte ${check.offset}: ${check.reason}; ${advice}`,
    );
  }
  if (check.kind === 'tornTail') {
    // Without this a crash between RocksDB's recovery and its removal of the old log would look like corruption later.
    const present = namesIn(path);
    rememberTornTails(path, [...accepted.filter((tail) => present.includes(tail.file)), ...check.tails]);
  }
  return check;
}

function namesIn(path: string): string[] {
  try {
    return readdirSync(path);
  } catch (error) {
    if (isNotFound(error)) return [];
    throw error;
  }
}

function rememberTornTails(path: string, tails: readonly TornTail[]): void {
  writeFileAtomic(join(path, tornTailsFile), utf8(`${JSON.stringify({ version: 1, tails })}\n`));
}

/** An unreadable list counts as empty: the worst is that a node is refused which could have started. */
function readTornTails(path: string): TornTail[] {
  const bytes = readFileIfPresent(join(path, tornTailsFile));
  if (bytes === undefined) return [];
  try {
    const parsed: unknown = JSON.parse(fromUtf8(bytes));
    if (typeof parsed !== 'object' || parsed === null || !('tails' in parsed) || !Array.isArray(parsed.tails))
      return [];
    return parsed.tails.filter(isTornTail);
  } catch {
    return [];
  }
}

function isTornTail(value: unknown): value is TornTail {
  return (
    typeof value === 'object' &&
    value !== null &&
    'file' in value &&
    typeof value.file === 'string' &&
    'offset' in value &&
    typeof value.offset === 'number' &&
    'sizeBytes' in value &&
    typeof value.sizeBytes === 'number'
  );
}
