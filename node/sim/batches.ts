// SPDX-License-Identifier: Apache-2.0
import type { CreateOutcome } from '../src/services/create-proposals.ts';
import type { NewLink } from '../src/services/link-input.ts';
import type { Link } from '../src/core/statemachine/commands.ts';

/** Links that one call created without a key of its client's. */
export class Batch {
  /** Nobody else's, so that the links can be found whatever became of the call. */
  readonly creatorId: string;
  readonly links: readonly NewLink[];
  readonly #codeByUrl = new Map<string, string>();

  constructor(number: number, size: number) {
    this.creatorId = `batch ${number}`;
    this.links = Array.from({ length: size }, (_, i) => ({
      url: `https://example.com/batch/${number}/${i}`,
      creatorId: this.creatorId,
    }));
  }

  answered(outcomes: readonly CreateOutcome[]): void {
    for (const outcome of outcomes) if (outcome.ok) this.#codeByUrl.set(outcome.link.url, outcome.link.code);
  }

  /** What is wrong with the links that are there in the end: the gateway's own retries must not have created one twice. */
  faultOf(found: readonly Link[]): string | undefined {
    const codes = new Map(found.map(({ url, code }) => [url, code]));
    if (codes.size < found.length) return `${this.creatorId} asked once for each link and has ${describe(found)}`;
    for (const [url, code] of this.#codeByUrl) {
      if (codes.get(url) !== code) return `${url} was answered with code ${code}, and there is ${describe(found)}`;
    }
    return undefined;
  }
}

function describe(links: readonly Link[]): string {
  return links.length === 0 ? 'nothing' : links.map(({ code, url }) => `${code} → ${url}`).join(', ');
}
