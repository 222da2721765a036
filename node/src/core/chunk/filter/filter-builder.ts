// SPDX-License-Identifier: Apache-2.0
import { FuseFilter } from './fuse-filter.ts';
import { hashKey } from './key-hash.ts';

/** A filter over the keys of some blocks that follow each other. */
export interface FilterSegment {
  readonly blockCount: number;
  readonly keyCount: number;
  readonly bytes: Uint8Array;
}

/** Small enough to be built in little memory and read alone, large enough for few bits a key. */
const segmentKeys = 64 * 1024;

interface Keys {
  readonly first: number[];
  readonly second: number[];
  blockCount: number;
}

/**
 * Builds the filter of a chunk in segments of whole blocks. A finished segment waits for half a further one: small
 * filters cost more bits a key, so the last one takes in what would be too little for its own.
 */
export class FilterBuilder {
  readonly #segments: FilterSegment[] = [];
  #waiting: Keys | undefined;
  #open = noKeys();

  add(key: Uint8Array): void {
    const { first, second } = hashKey(key);
    this.#open.first.push(first);
    this.#open.second.push(second);
  }

  /** The keys since the last call were those of one block. */
  endBlock(): void {
    const open = this.#open;
    open.blockCount++;
    if (open.first.length >= segmentKeys / 2 && this.#waiting !== undefined) {
      this.#segments.push(segmentOf(this.#waiting));
      this.#waiting = undefined;
    }
    if (open.first.length < segmentKeys) return;
    this.#waiting = open;
    this.#open = noKeys();
  }

  finish(): readonly FilterSegment[] {
    const { first, second, blockCount } = this.#open;
    const last = this.#waiting ?? noKeys();
    for (const word of first) last.first.push(word);
    for (const word of second) last.second.push(word);
    last.blockCount += blockCount;
    if (last.first.length > 0) this.#segments.push(segmentOf(last));
    return this.#segments;
  }
}

function noKeys(): Keys {
  return { first: [], second: [], blockCount: 0 };
}

function segmentOf({ first, second, blockCount }: Keys): FilterSegment {
  const filter = FuseFilter.of(Uint32Array.from(first), Uint32Array.from(second));
  return { blockCount, keyCount: first.length, bytes: filter.encode() };
}
