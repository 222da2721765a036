// SPDX-License-Identifier: Apache-2.0
import { closeSync, fstatSync, openSync, readSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { WalFileScanner } from './wal-file-scanner.ts';
import { walBlockBytes } from './wal-record.ts';

/** The end of a log file that cannot be read, and the length the file had then. */
export interface TornTail {
  /** Name without the directory. */
  readonly file: string;
  readonly offset: number;
  readonly sizeBytes: number;
  readonly reason: string;
}

export type WalCheck =
  | { readonly kind: 'clean'; readonly files: number; readonly operations: number }
  /** Normal after a crash: what was being written when the process ended, and was never acknowledged. */
  | { readonly kind: 'tornTail'; readonly tails: readonly TornTail[] }
  | { readonly kind: 'corrupt'; readonly file: string; readonly offset: number; readonly reason: string };

/** A multiple of the block size; large enough that system calls do not count. */
const readBytes = 32 * walBlockBytes;

interface ScannedFile {
  readonly verdict: ReturnType<WalFileScanner['finish']>;
  readonly sizeBytes: number;
  readonly operations: number;
  readonly onlyZeros: boolean;
}

/** Log files of a database directory, oldest first. */
function logFiles(directory: string): { readonly name: string; readonly number: number }[] {
  return readdirSync(directory)
    .filter((name) => /^\d+\.log$/.test(name))
    .map((name) => ({ name, number: Number.parseInt(name, 10) }))
    .toSorted((a, b) => a.number - b.number);
}

function scanFile(path: string, logNumber: number, buffer: Buffer): ScannedFile {
  const descriptor = openSync(path, 'r');
  try {
    const sizeBytes = fstatSync(descriptor).size;
    const scanner = new WalFileScanner(logNumber);
    let onlyZeros = true;
    let offset = 0;
    let more = true;
    while (more && offset < sizeBytes) {
      const length = readFully(descriptor, buffer, Math.min(readBytes, sizeBytes - offset), offset);
      if (length === 0) break;
      onlyZeros &&= buffer.subarray(0, length).every((byte) => byte === 0);
      for (let at = 0; more && at < length; at += walBlockBytes) {
        more = scanner.block(buffer.subarray(at, Math.min(at + walBlockBytes, length)), offset + at);
      }
      offset += length;
    }
    return { verdict: scanner.finish(), sizeBytes, operations: scanner.operations, onlyZeros };
  } finally {
    closeSync(descriptor);
  }
}

/** A read may return less than asked for before the end. */
function readFully(descriptor: number, buffer: Buffer, length: number, position: number): number {
  let done = 0;
  while (done < length) {
    const count = readSync(descriptor, buffer, done, length - done, position + done);
    if (count === 0) break;
    done += count;
  }
  return done;
}

/**
 * Reads every write-ahead log of a database that is not open. A torn tail belongs to the newest file that holds anything:
 * RocksDB begins a file only after the one before is complete. `accepted` are torn tails of earlier starts, whose files
 * RocksDB may have left behind together with newer ones.
 */
export function checkWal(directory: string, accepted: readonly TornTail[] = []): WalCheck {
  const buffer = Buffer.allocUnsafe(readBytes);
  const files = logFiles(directory);
  const tails: TornTail[] = [];
  let operations = 0;
  for (const file of files) {
    const scanned = scanFile(join(directory, file.name), file.number, buffer);
    const [torn] = tails;
    if (torn !== undefined && !scanned.onlyZeros) {
      const reason = `${torn.reason}, but the newer log ${file.name} is not empty`;
      return { kind: 'corrupt', file: torn.file, offset: torn.offset, reason };
    }
    operations += scanned.operations;
    const { verdict, sizeBytes } = scanned;
    if (verdict.kind === 'corrupt') return { ...verdict, file: file.name };
    if (verdict.kind === 'clean') continue;
    const tail = { file: file.name, offset: verdict.offset, sizeBytes, reason: verdict.reason };
    if (!accepted.some((known) => isSameTail(known, tail))) tails.push(tail);
  }
  return tails.length > 0 ? { kind: 'tornTail', tails } : { kind: 'clean', files: files.length, operations };
}

function isSameTail(a: TornTail, b: TornTail): boolean {
  return a.file === b.file && a.offset === b.offset && a.sizeBytes === b.sizeBytes;
}
