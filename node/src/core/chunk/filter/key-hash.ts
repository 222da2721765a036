// SPDX-License-Identifier: Apache-2.0

// Keys as two words of 32 bits: MurmurHash3 (x86, 32 bits) with two seeds. Part of the format: filters rely on it.

const seeds = { first: 0x5c4f_17a3, second: 0x9e37_79b9 } as const;

export interface KeyHash {
  readonly first: number;
  readonly second: number;
}

export function hashKey(key: Uint8Array): KeyHash {
  return { first: murmur3(key, seeds.first), second: murmur3(key, seeds.second) };
}

/** The finalizer of MurmurHash3: every bit of the input changes about half of the bits of the output. */
export function mix32(word: number): number {
  let h = word;
  h = Math.imul(h ^ (h >>> 16), 0x85eb_ca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2_ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** MurmurHash3 of the first `length` bytes. */
export function murmur3(bytes: Uint8Array, seed: number, length = bytes.length): number {
  let h = seed;
  const end = length & ~3;
  for (let i = 0; i < end; i += 4) {
    const word =
      (bytes[i] ?? 0) | ((bytes[i + 1] ?? 0) << 8) | ((bytes[i + 2] ?? 0) << 16) | ((bytes[i + 3] ?? 0) << 24);
    h ^= scramble(word);
    h = Math.imul((h << 13) | (h >>> 19), 5) + 0xe654_6b64;
  }
  let rest = 0;
  for (let i = length - 1; i >= end; i--) rest = (rest << 8) | (bytes[i] ?? 0);
  if (length > end) h ^= scramble(rest);
  return mix32(h ^ length);
}

function scramble(word: number): number {
  const k = Math.imul(word, 0xcc9e_2d51);
  return Math.imul((k << 15) | (k >>> 17), 0x1b87_3593);
}
