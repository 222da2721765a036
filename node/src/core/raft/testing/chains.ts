// SPDX-License-Identifier: Apache-2.0

import type { Entry, LogIndex, Term } from '../types.ts';

/** Names a whole log prefix: two prefixes have the same chain exactly if they hold the same entries. */
export type Chain = number;

export const emptyChain: Chain = 0;

/** Interned prefixes, so that comparing two of them is comparing two numbers, without collisions. */
export class Chains {
  readonly #ids = new Map<string, Chain>();

  extend(prefix: Chain, entry: Entry): Chain {
    const key = `${prefix}/${entry.term}/${entry.type}/${entry.data.join(',')}`;
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    const chain = this.#ids.size + 1;
    this.#ids.set(key, chain);
    return chain;
  }
}

/** A log as the chains of its prefixes, from some base on. */
export class LogMirror {
  baseIndex: LogIndex;
  #chains: Chain[];
  #terms: Term[];

  constructor(baseIndex: LogIndex, baseTerm: Term, baseChain: Chain) {
    this.baseIndex = baseIndex;
    this.#chains = [baseChain];
    this.#terms = [baseTerm];
  }

  copy(): LogMirror {
    const copy = new LogMirror(this.baseIndex, 0, emptyChain);
    copy.#chains = [...this.#chains];
    copy.#terms = [...this.#terms];
    return copy;
  }

  lastIndex(): LogIndex {
    return this.baseIndex + this.#chains.length - 1;
  }

  /** Undefined below the base and above the end. */
  chainAt(index: LogIndex): Chain | undefined {
    return this.#chains[index - this.baseIndex];
  }

  termAt(index: LogIndex): Term | undefined {
    return this.#terms[index - this.baseIndex];
  }

  /** Is this prefix part of the log, or of the snapshot that it starts from? */
  holds(index: LogIndex, chain: Chain): boolean {
    return index < this.baseIndex || this.chainAt(index) === chain;
  }

  /** Puts an entry in its place and forgets what followed it. False if that leaves a gap. */
  put(entry: Entry, chains: Chains): boolean {
    const before = this.chainAt(entry.index - 1);
    if (before === undefined) return false;
    this.#chains.length = entry.index - this.baseIndex;
    this.#terms.length = this.#chains.length;
    this.#chains.push(chains.extend(before, entry));
    this.#terms.push(entry.term);
    return true;
  }
}
