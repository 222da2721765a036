// SPDX-License-Identifier: Apache-2.0
import type { SimRandom } from '../sim-random.ts';

export type ObjectOperation =
  | 'put'
  | 'startUpload'
  | 'writePart'
  | 'complete'
  | 'abort'
  | 'get'
  | 'getRange'
  | 'head'
  | 'list'
  | 'delete'
  | 'abortUploads';

/**
 * What goes wrong with one call.
 * `timeoutBefore`: nothing happens, and nobody answers. `timeoutAfter`: it happens, and nobody answers.
 * `torn`: the connection breaks in the middle, and nothing happens. `lostAnswer`: it happens, and the connection breaks.
 * `throttled`: 503 SlowDown. `conflict`: 409, nothing happens. `existsAfterOwn`: something on the way sends the request
 * twice, so that the answer to a creation is that of the second time: 412. `flippedByte`: a byte of what is read, or
 * stored, is another one, and nobody notices. `staleList`: the latest changes do not show.
 */
export type ObjectFault =
  | 'timeoutBefore'
  | 'timeoutAfter'
  | 'torn'
  | 'lostAnswer'
  | 'throttled'
  | 'conflict'
  | 'existsAfterOwn'
  | 'flippedByte'
  | 'staleList';

export interface CallFate {
  /** Until the store does it; a caller that gave up earlier does not stop it. */
  readonly delayMs: number;
  readonly fault: ObjectFault | undefined;
}

/** Decides what happens to each call of a simulated object store. */
export interface ObjectFaults {
  next(operation: ObjectOperation, name: string): CallFate;
}

export const noFaults: ObjectFaults = { next: () => ({ delayMs: 0, fault: undefined }) };

const creations: readonly ObjectOperation[] = ['put', 'complete'];
const reads: readonly ObjectOperation[] = ['get', 'getRange'];

/** Whether the fault makes a difference to the operation. */
export function applies(fault: ObjectFault, operation: ObjectOperation): boolean {
  switch (fault) {
    case 'conflict':
    case 'existsAfterOwn':
      return creations.includes(operation);
    case 'flippedByte':
      return reads.includes(operation) || operation === 'put' || operation === 'writePart';
    case 'staleList':
      return operation === 'list';
    case 'timeoutBefore':
    case 'timeoutAfter':
    case 'torn':
    case 'lostAnswer':
    case 'throttled':
      return true;
  }
}

export interface FaultRates {
  /** Of each call: whether it meets one of `faults`. */
  readonly probability: number;
  readonly faults: readonly ObjectFault[];
  /** Calls take up to this long. */
  readonly maxDelayMs: number;
}

/** Faults drawn from a seed. The rates may be changed while it runs, down to none at all. */
export class SeededFaults implements ObjectFaults {
  rates: FaultRates;
  readonly #random: SimRandom;

  constructor(random: SimRandom, rates: FaultRates) {
    this.#random = random;
    this.rates = rates;
  }

  next(operation: ObjectOperation): CallFate {
    const { probability, faults, maxDelayMs } = this.rates;
    const delayMs = this.#random.between(0, maxDelayMs);
    const possible = faults.filter((fault) => applies(fault, operation));
    const strikes = this.#random.chance(probability) && possible.length > 0;
    return { delayMs, fault: strikes ? this.#random.pick(possible) : undefined };
  }
}
