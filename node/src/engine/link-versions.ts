// SPDX-License-Identifier: Apache-2.0
import { defined } from '@shortlink/common/assert.ts';
import type { ShardId } from '@shortlink/common/ids.ts';

/** A power of two. Codes that share a counter cost each other a read of the store, nothing more. */
const counters = 2 ** 18;

/**
 * A version for each link code of this node, in memory that all threads of the process see; codes share counters by their
 * hash. The engine raises a code's version after a write to its row is in the store and before anybody is answered who
 * could know of it. Whoever remembers what a code resolved to notes the version before reading the rows, and uses what is
 * remembered only while the version is the same (H-I12).
 */
export class LinkVersions {
  /** Survives postMessage. */
  readonly words: Int32Array<SharedArrayBuffer>;

  constructor(words: Int32Array<SharedArrayBuffer> = new Int32Array(new SharedArrayBuffer(4 * counters))) {
    this.words = words;
  }

  /** The engine's only. `code`: its bytes, as in the key of the row. */
  raise(shard: ShardId, code: Uint8Array): void {
    let hash = seedOf(shard);
    for (let i = 0; i < code.length; i++) hash = mix(hash, code[i] ?? 0);
    Atomics.add(this.words, counterOf(hash), 1);
  }

  /** Where the version of a code is; the same for ever. */
  placeOf(shard: ShardId, code: string): number {
    let hash = seedOf(shard);
    for (let i = 0; i < code.length; i++) hash = mix(hash, code.charCodeAt(i));
    return counterOf(hash);
  }

  /** The version at a place, at or after everything that the engine has told this thread. */
  at(place: number): number {
    return defined(Atomics.load(this.words, place), 'version');
  }
}

/** FNV-1a; its low bits need the last mixing, because codes are short. */
function seedOf(shard: ShardId): number {
  return Math.imul(0x811c_9dc5 ^ shard, 0x0100_0193);
}

function mix(hash: number, byte: number): number {
  return Math.imul(hash ^ byte, 0x0100_0193);
}

function counterOf(hash: number): number {
  const mixed = Math.imul(hash ^ (hash >>> 15), 0x2c1b_3c6d);
  return (mixed ^ (mixed >>> 13)) & (counters - 1);
}
