// SPDX-License-Identifier: Apache-2.0
import { commonPrefixLength, compareBytes } from '@shortlink/common/bytes.ts';
import { BytesMap } from '../bytes-map.ts';
import { chunkLimits } from '../chunk-limits.ts';

/** In the text of a block, a byte below this one begins a URL and names its prefix. URLs have no control characters. */
export const urlMarkLimit = 0x20;
/** Mark of a URL without a prefix; the following ones name prefixes in their order. Zero is no mark. */
export const noPrefixMark = 1;

const slash = 0x2f;
/** Beginnings that end with the slashes of `scheme://host/` or of a few folders below it. */
const firstSlashes = 2;
const lastSlashes = 5;
const minShare = 1 / 2000;
const minUses = 8;

/** The beginnings that many URLs share, and which of them a URL has. */
export class UrlPrefixes {
  readonly list: readonly Uint8Array[];
  readonly #marks = new BytesMap<number>();

  constructor(list: readonly Uint8Array[]) {
    this.list = list;
    for (const [i, prefix] of list.entries()) this.#marks.set(prefix, noPrefixMark + 1 + i);
  }

  /** The mark and the length of the longest prefix of a URL. */
  match(url: Uint8Array): { readonly mark: number; readonly length: number } {
    let mark = noPrefixMark;
    let prefixLength = 0;
    forPrefixes(url, (length) => {
      const found = this.#marks.get(url, length);
      if (found === undefined) return;
      mark = found;
      prefixLength = length;
    });
    return { mark, length: prefixLength };
  }

  /** Undefined for a mark that names no prefix of this chunk. */
  prefixOf(mark: number): Uint8Array | undefined {
    return mark === noPrefixMark ? noPrefix : this.list[mark - noPrefixMark - 1];
  }
}

const noPrefix = new Uint8Array(0);

/** Whether the URL can be written behind a mark: it must not hold one. */
export function isMarkable(url: Uint8Array): boolean {
  for (let i = 0; i < url.length; i++) if ((url[i] ?? 0) < urlMarkLimit) return false;
  return true;
}

interface Candidate {
  readonly prefix: Uint8Array;
  uses: number;
  /** Bytes that a use of it saves beyond what the chosen ones save. */
  gain: number;
}

/** The prefixes that save the most bytes of these URLs. */
export function chooseUrlPrefixes(urls: readonly Uint8Array[]): UrlPrefixes {
  const uses = new BytesMap<number>();
  for (const url of urls) {
    forPrefixes(url, (length) => uses.set(url, (uses.get(url, length) ?? 0) + 1, length));
  }
  const needed = Math.max(minUses, urls.length * minShare);
  const candidates: Candidate[] = [];
  for (const [prefix, count] of uses.entries()) {
    if (count >= needed) candidates.push({ prefix, uses: count, gain: prefix.length });
  }
  const chosen: Uint8Array[] = [];
  while (chosen.length < chunkLimits.urlPrefixesMax) {
    const best = takeBest(candidates);
    if (best === undefined) break;
    chosen.push(best.prefix);
  }
  return new UrlPrefixes(chosen);
}

function takeBest(candidates: Candidate[]): Candidate | undefined {
  let best: Candidate | undefined;
  for (const candidate of candidates) {
    const difference = candidate.uses * candidate.gain - (best === undefined ? 0 : best.uses * best.gain);
    // Equal savings are decided by the bytes, so that the order of a map decides nothing.
    const isFirst = difference === 0 && best !== undefined && compareBytes(candidate.prefix, best.prefix) < 0;
    if (difference > 0 || isFirst) best = candidate;
  }
  if (best === undefined) return undefined;
  candidates.splice(candidates.indexOf(best), 1);
  for (const candidate of candidates) {
    const shared = commonPrefixLength(candidate.prefix, best.prefix);
    if (shared === candidate.prefix.length) candidate.uses -= best.uses;
    else if (shared === best.prefix.length) candidate.gain = Math.min(candidate.gain, candidate.prefix.length - shared);
  }
  return best;
}

/** Calls back with the length of each beginning that may be a prefix, shortest first. */
function forPrefixes(url: Uint8Array, found: (length: number) => void): void {
  const end = Math.min(url.length, chunkLimits.urlPrefixMaxBytes);
  let slashes = 0;
  for (let i = 0; i < end && slashes < lastSlashes; i++) {
    if (url[i] !== slash) continue;
    if (++slashes >= firstSlashes) found(i + 1);
  }
}
