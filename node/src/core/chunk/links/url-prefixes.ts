// SPDX-License-Identifier: Apache-2.0
import { chunkLimits } from '../chunk-limits.ts';
import { latin1 } from './latin1.ts';

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
  readonly #marks = new Map<string, number>();

  constructor(list: readonly Uint8Array[]) {
    this.list = list;
    for (const [i, prefix] of list.entries()) this.#marks.set(latin1(prefix, prefix.length), noPrefixMark + 1 + i);
  }

  /** The mark and the length of the longest prefix of a URL. */
  match(url: Uint8Array): { readonly mark: number; readonly length: number } {
    let found = { mark: noPrefixMark, length: 0 };
    for (const length of prefixLengths(url)) {
      const mark = this.#marks.get(latin1(url, length));
      if (mark !== undefined) found = { mark, length };
    }
    return found;
  }

  /** Undefined for a mark that names no prefix of this chunk. */
  prefixOf(mark: number): Uint8Array | undefined {
    return mark === noPrefixMark ? noPrefix : this.list[mark - noPrefixMark - 1];
  }
}

const noPrefix = new Uint8Array(0);

/** Whether the URL can be written behind a mark: it must not hold one. */
export function isMarkable(url: Uint8Array): boolean {
  return url.every((byte) => byte >= urlMarkLimit);
}

interface Candidate {
  readonly text: string;
  uses: number;
  /** Bytes that a use of it saves beyond what the chosen ones save. */
  gain: number;
}

/** The prefixes that save the most bytes of these URLs. */
export function chooseUrlPrefixes(urls: readonly Uint8Array[]): UrlPrefixes {
  const uses = new Map<string, number>();
  for (const url of urls) {
    for (const length of prefixLengths(url)) {
      const text = latin1(url, length);
      uses.set(text, (uses.get(text) ?? 0) + 1);
    }
  }
  const needed = Math.max(minUses, urls.length * minShare);
  const candidates: Candidate[] = [...uses]
    .filter(([, count]) => count >= needed)
    .map(([text, count]) => ({ text, uses: count, gain: text.length }));
  const chosen: string[] = [];
  while (chosen.length < chunkLimits.urlPrefixesMax) {
    const best = takeBest(candidates);
    if (best === undefined) break;
    chosen.push(best.text);
  }
  return new UrlPrefixes(chosen.map((text) => Uint8Array.from(text, (char) => char.charCodeAt(0))));
}

function takeBest(candidates: Candidate[]): Candidate | undefined {
  let best: Candidate | undefined;
  for (const candidate of candidates) {
    // Equal savings are decided by the text, so that the order of a map decides nothing.
    const difference = candidate.uses * candidate.gain - (best === undefined ? 0 : best.uses * best.gain);
    if (difference > 0 || (difference === 0 && best !== undefined && candidate.text < best.text)) best = candidate;
  }
  if (best === undefined) return undefined;
  candidates.splice(candidates.indexOf(best), 1);
  for (const candidate of candidates) {
    if (best.text.startsWith(candidate.text)) candidate.uses -= best.uses;
    else if (candidate.text.startsWith(best.text))
      candidate.gain = Math.min(candidate.gain, candidate.text.length - best.text.length);
  }
  return best;
}

function* prefixLengths(url: Uint8Array): Generator<number> {
  const end = Math.min(url.length, chunkLimits.urlPrefixMaxBytes);
  let slashes = 0;
  for (let i = 0; i < end && slashes < lastSlashes; i++) {
    if (url[i] !== slash) continue;
    if (++slashes >= firstSlashes) yield i + 1;
  }
}
