// SPDX-License-Identifier: Apache-2.0
import { concatBytes } from '@shortlink/common/bytes.ts';
import type { Compression } from './frame.ts';

/** Sizes that are tried, as shares of the largest one that is allowed. */
const shares = [1, 1 / 4, 1 / 16];
/** A dictionary is at most this share of the sample, so that enough of it is left to try it on. */
const sampleMaxShare = 1 / 4;
/** zstd takes no shorter ones. */
const minBytes = 256;
/** Texts that are compressed to find out what a dictionary is worth. */
const trials = 8;

/**
 * The raw-content dictionary that makes a sample smallest, itself included; undefined when none pays. `texts` are the
 * sample in blocks, as they would be compressed. The beginnings of all of them make the dictionary, and it is tried on
 * the rest of some.
 */
export function chooseDictionary(
  texts: readonly Uint8Array[],
  maxBytes: number,
  compression: Compression,
): Uint8Array | undefined {
  const total = sizeOf(texts);
  let best: Uint8Array | undefined;
  let bestSaving = 0;
  for (const share of shares) {
    const bytes = Math.floor(Math.min(maxBytes * share, total * sampleMaxShare));
    if (bytes < minBytes) continue;
    const each = Math.ceil(bytes / texts.length);
    const dictionary = concatBytes(...texts.map((text) => text.subarray(0, each)));
    const cost = compression.codec.compress(dictionary, { level: compression.level, dictionary: undefined }).length;
    const rests = texts.map((text) => text.subarray(each));
    const saving = savedShare(rests, dictionary, compression) * total - cost;
    if (saving > bestSaving) {
      best = dictionary;
      bestSaving = saving;
    }
  }
  return best;
}

/** How much shorter some of the texts become when compressed with the dictionary, as a share of what they are. */
function savedShare(texts: readonly Uint8Array[], dictionary: Uint8Array, { codec, level }: Compression): number {
  const step = Math.max(1, Math.floor(texts.length / trials));
  const tried = texts.filter((text, i) => i % step === 0 && text.length > 0).slice(0, trials);
  let saved = 0;
  for (const text of tried) {
    saved += codec.compress(text, { level, dictionary: undefined }).length;
    saved -= codec.compress(text, { level, dictionary }).length;
  }
  return saved / Math.max(1, sizeOf(tried));
}

function sizeOf(texts: readonly Uint8Array[]): number {
  return texts.reduce((sum, text) => sum + text.length, 0);
}
