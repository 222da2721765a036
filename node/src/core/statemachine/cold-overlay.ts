// SPDX-License-Identifier: Apache-2.0
import { toHex } from '@shortlink/common/bytes.ts';
import type { HotPage, HotScan } from './generations.ts';
import type { Namespace } from './keys.ts';

/** Something that only the chunks know. */
export type ColdNeed =
  | { readonly kind: 'row'; readonly namespace: Namespace; readonly suffix: Uint8Array }
  /** Whether a key is surely in no chunk: what filters say, without a look at rows. */
  | { readonly kind: 'free'; readonly namespace: Namespace; readonly suffix: Uint8Array }
  | { readonly kind: 'page'; readonly namespace: Namespace; readonly scan: HotScan };

/** The answer to a need, in its shape. */
export type ColdFound =
  /** The newest row in any chunk, tombstones included; undefined where no chunk has one. */
  | { readonly kind: 'row'; readonly value: Uint8Array | undefined }
  /** False also for a few of a thousand keys that no chunk has. */
  | { readonly kind: 'free'; readonly isFree: boolean }
  /** One page of the merged view of all chunks, as `hotScan` gives one of the generations. */
  | { readonly kind: 'page'; readonly page: HotPage };

/** Rounds of questions that one read may take; a listing needs one a page of its index and one for the links on it. */
export const coldRoundsMax = 64;

/**
 * What is known of the cold tier while reads are executed. Reads are synchronous and the chunks are not: a read that needs a
 * row of theirs notes it here and goes on with nothing, its result is thrown away, and it is executed again once the
 * answers are in. Holds for one chunk-set version.
 */
export class ColdOverlay {
  readonly #foundByName = new Map<string, ColdFound>();
  readonly #missingByName = new Map<string, ColdNeed>();

  /** Undefined also when it is not known yet: see `missing`. */
  row(namespace: Namespace, suffix: Uint8Array): Uint8Array | undefined {
    const found = this.#find({ kind: 'row', namespace, suffix });
    return found?.kind === 'row' ? found.value : undefined;
  }

  /** Undefined when it is not known yet. */
  page(namespace: Namespace, scan: HotScan): HotPage | undefined {
    const found = this.#find({ kind: 'page', namespace, scan });
    return found?.kind === 'page' ? found.page : undefined;
  }

  /** What was needed since the last answers and is not known; empty: the results count. */
  get missing(): readonly ColdNeed[] {
    return [...this.#missingByName.values()];
  }

  /** One answer for each need, in their order. */
  add(needs: readonly ColdNeed[], found: readonly ColdFound[]): void {
    for (const [i, need] of needs.entries()) {
      const answer = found[i];
      if (answer !== undefined) this.#foundByName.set(nameOf(need), answer);
    }
    this.#missingByName.clear();
  }

  #find(need: ColdNeed): ColdFound | undefined {
    const name = nameOf(need);
    const found = this.#foundByName.get(name);
    if (found === undefined) this.#missingByName.set(name, need);
    return found;
  }
}

function nameOf(need: ColdNeed): string {
  if (need.kind !== 'page') return `${need.kind} ${need.namespace} ${toHex(need.suffix)}`;
  const { gte, lt, reverse, limit, maxBytes } = need.scan;
  const end = lt === undefined ? '' : toHex(lt);
  return `${need.namespace} ${toHex(gte)}-${end} ${reverse === true ? 'down' : 'up'} ${limit} ${maxBytes}`;
}
