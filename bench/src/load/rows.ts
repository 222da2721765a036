// SPDX-License-Identifier: Apache-2.0

/** What one durable write carries, the same for every contender. */
export interface Row {
  /** As a generated code looks: 8 characters of [0-9a-z]. */
  readonly code: string;
  readonly url: string;
  readonly creatorId: string;
}

const creators = 10_000;
/** Lengths of crawled URLs: median 67, mean 77 (a lognormal distribution fits them). */
const urlMedianBytes = 67;
const urlSigma = 0.53;
const urlMaxBytes = 500;
/** Characters that paths are cut from. */
const textLength = 65_536;
const prefix = 'https://www.example.com/';

/** Numbers in [0, 1) from a seed (Mulberry32), so that two runs write the same rows. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** An endless source of rows; codes do not repeat in practice (36^8 of them). It must cost little beside a request. */
export function rowSource(seed: number): () => Row {
  const random = seededRandom(seed);
  const half = (): string =>
    Math.floor(random() * 36 ** 4)
      .toString(36)
      .padStart(4, '0');
  const text = Array.from({ length: textLength / 4 }, half).join('');
  return () => {
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    const bytes = Math.round(urlMedianBytes * Math.exp(urlSigma * normal));
    const path = Math.max(1, Math.min(bytes, urlMaxBytes) - prefix.length);
    const at = Math.floor(random() * (textLength - urlMaxBytes));
    return {
      code: half() + half(),
      url: prefix + text.slice(at, at + path),
      creatorId: `creator-${Math.floor(random() * creators)}`,
    };
  };
}
