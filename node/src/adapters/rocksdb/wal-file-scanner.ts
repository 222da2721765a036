// SPDX-License-Identifier: Apache-2.0
import type { PhysicalRecord } from './wal-record.ts';
import {
  batchCount,
  batchHeaderBytes,
  batchSequence,
  compressionType,
  emptyRecord,
  legacyHeaderBytes,
  parseHeader,
  parseRecord,
  recyclableHeaderBytes,
  walBlockBytes,
} from './wal-record.ts';

export type WalFileVerdict =
  | { readonly kind: 'clean' }
  /** From `offset` on nothing can be read, and no later write can be proved: as after a crash while writing. */
  | { readonly kind: 'tornTail'; readonly offset: number; readonly reason: string }
  /** What starts at `offset` is broken, yet something that was written after it is there. */
  | { readonly kind: 'corrupt'; readonly offset: number; readonly reason: string };

/** Sequence numbers that one broken stretch may have held; a candidate further away is payload that looks like a record. */
const maxLostOperations = 2 ** 32;

/**
 * Judges one log file from its blocks in order. Everything after the first bad record is searched for proof of a later
 * write: RocksDB itself would stop there without a word and forget what follows.
 */
export class WalFileScanner {
  readonly #logNumber: number;
  readonly #record: PhysicalRecord = emptyRecord();
  /** Start of the logical record whose fragments are being read. */
  #fragmentedFrom: number | undefined;
  readonly #batchHeader = new Uint8Array(batchHeaderBytes);
  #batchHeaderFilled = 0;
  #nextSequence: number | undefined;
  #compressed = false;
  #broken: { readonly offset: number; readonly reason: string } | undefined;
  /** The broken fragment says that it reaches the end of its block, so fragments that follow are of the same write. */
  #brokenContinues = false;
  #corrupt: WalFileVerdict | undefined;
  #ended = false;
  #operations = 0;

  constructor(logNumber: number) {
    this.#logNumber = logNumber;
  }

  /** Operations (puts, deletes) in the complete records before the first broken one. */
  get operations(): number {
    return this.#operations;
  }

  /** The next block; only the last one may be shorter than 32 KiB. False: the verdict is certain, no more is needed. */
  block(block: Uint8Array, blockOffset: number): boolean {
    if (this.#broken !== undefined) this.#searchFromStart(block, blockOffset);
    else if (!this.#ended) this.#read(block, blockOffset);
    return this.#corrupt === undefined;
  }

  finish(): WalFileVerdict {
    if (this.#corrupt !== undefined) return this.#corrupt;
    if (this.#broken !== undefined) return { kind: 'tornTail', ...this.#broken };
    if (this.#fragmentedFrom !== undefined) {
      return { kind: 'tornTail', offset: this.#fragmentedFrom, reason: 'the last record is incomplete' };
    }
    return { kind: 'clean' };
  }

  #read(block: Uint8Array, blockOffset: number): void {
    const record = this.#record;
    let at = 0;
    while (at + legacyHeaderBytes <= block.length) {
      parseRecord(block, at, this.#logNumber, record);
      if (record.problem === 'zeros' && isPadding(block, at)) return;
      if (record.problem === 'of an earlier file') {
        this.#ended = true;
        return;
      }
      if (record.problem !== undefined) {
        this.#break(blockOffset + at, `record ${record.problem}`);
        this.#brokenContinues =
          record.problem === 'checksum mismatch' &&
          endsBlock(record) &&
          (record.kind === 'first' || record.kind === 'middle');
        this.#searchWithin(block, at + 1, blockOffset);
        return;
      }
      this.#accept(block, blockOffset + at);
      if (this.#corrupt !== undefined) return;
      at = record.end;
    }
    if (block.length < walBlockBytes && at < block.length) this.#break(blockOffset + at, 'header cut off');
  }

  /** Takes in a fragment with a good checksum. */
  #accept(block: Uint8Array, offset: number): void {
    const record = this.#record;
    if (record.kind === 'annotation') {
      this.#compressed ||= record.type === compressionType;
      return;
    }
    const starts = record.kind === 'full' || record.kind === 'first';
    if (starts && this.#fragmentedFrom !== undefined) {
      this.#corruptAt(this.#fragmentedFrom, `the record has no end, but another starts at ${offset}`);
      return;
    }
    if (!starts && this.#fragmentedFrom === undefined) {
      this.#corruptAt(offset, 'the record has no beginning');
      return;
    }
    if (starts) {
      this.#fragmentedFrom = offset;
      this.#batchHeaderFilled = 0;
    }
    this.#fillBatchHeader(block);
    if (record.kind === 'full' || record.kind === 'last') this.#completeRecord();
  }

  #fillBatchHeader(block: Uint8Array): void {
    if (this.#batchHeaderFilled === batchHeaderBytes) return;
    const { start, end } = this.#record;
    const part = block.subarray(start, Math.min(end, start + batchHeaderBytes - this.#batchHeaderFilled));
    this.#batchHeader.set(part, this.#batchHeaderFilled);
    this.#batchHeaderFilled += part.length;
  }

  #completeRecord(): void {
    const from = this.#fragmentedFrom ?? 0;
    this.#fragmentedFrom = undefined;
    if (this.#compressed) return;
    if (this.#batchHeaderFilled < batchHeaderBytes) {
      this.#corruptAt(from, 'the record is too short for a batch');
      return;
    }
    const sequence = batchSequence(this.#batchHeader, 0);
    const count = batchCount(this.#batchHeader, 0);
    // RocksDB numbers operations without gaps, so a missing number is a lost write even where all checksums are good.
    if (this.#nextSequence !== undefined && sequence !== this.#nextSequence) {
      this.#corruptAt(from, `the record has sequence number ${sequence} where ${this.#nextSequence} should follow`);
      return;
    }
    this.#nextSequence = sequence + count;
    this.#operations += count;
  }

  #break(offset: number, reason: string): void {
    // What is lost begins with the logical record that the broken fragment belongs to.
    this.#broken = { offset: this.#fragmentedFrom ?? offset, reason };
    this.#fragmentedFrom = undefined;
  }

  /** After a broken header its length means nothing: any byte of the rest of the block may start a record. */
  #searchWithin(block: Uint8Array, from: number, blockOffset: number): void {
    const record = this.#record;
    for (let at = from; at + legacyHeaderBytes <= block.length; at++) {
      parseHeader(block, at, record);
      // Only a whole record, or a first fragment that fills the block, can start here. Checksums last: they are what costs.
      const starts = record.kind === 'full' || (record.kind === 'first' && endsBlock(record));
      if (record.problem !== undefined || !starts || !this.#isPlausible(block)) continue;
      parseRecord(block, at, this.#logNumber, record);
      if (record.problem === undefined) {
        this.#proved(blockOffset + at);
        return;
      }
    }
  }

  /** A later block: an intact one has a record at its start. */
  #searchFromStart(block: Uint8Array, blockOffset: number): void {
    const record = this.#record;
    let at = 0;
    while (at + legacyHeaderBytes <= block.length) {
      parseRecord(block, at, this.#logNumber, record);
      if (record.problem !== undefined) return;
      const continues = at === 0 && (record.kind === 'middle' || record.kind === 'last') && this.#brokenContinues;
      if (!continues) {
        this.#proved(blockOffset + at);
        return;
      }
      this.#brokenContinues = record.kind === 'middle';
      at = record.end;
    }
  }

  #isPlausible(block: Uint8Array): boolean {
    const { start, end } = this.#record;
    if (this.#compressed || this.#nextSequence === undefined || end - start < batchHeaderBytes) return true;
    const ahead = batchSequence(block, start) - this.#nextSequence;
    return ahead >= 0 && ahead < maxLostOperations;
  }

  #proved(offset: number): void {
    if (this.#broken === undefined) return;
    this.#corruptAt(this.#broken.offset, `${this.#broken.reason}, but a good record follows at ${offset}`);
  }

  #corruptAt(offset: number, reason: string): void {
    this.#corrupt = { kind: 'corrupt', offset, reason };
  }
}

function endsBlock(record: PhysicalRecord): boolean {
  return record.end === walBlockBytes;
}

/** The rest of a full block of a recyclable file may be too short for a header of 11 bytes, not for one of 7. */
function isPadding(block: Uint8Array, at: number): boolean {
  return (
    block.length === walBlockBytes &&
    block.length - at < recyclableHeaderBytes &&
    block.subarray(at).every((byte) => byte === 0)
  );
}
