// SPDX-License-Identifier: Apache-2.0
import type { Revision } from '@shortlink/common/ids.ts';
import type { RevisionRange } from './tail/chunk-properties.ts';

/** From the lowest to the highest of the revisions that it is given. */
export class RevisionSpan {
  #first = Infinity;
  #last = -Infinity;

  add(revision: Revision | undefined): void {
    if (revision === undefined) return;
    if (revision < this.#first) this.#first = revision;
    if (revision > this.#last) this.#last = revision;
  }

  /** Undefined without any. */
  get range(): RevisionRange | undefined {
    return this.#first === Infinity ? undefined : { first: this.#first, last: this.#last };
  }
}
