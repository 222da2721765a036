// SPDX-License-Identifier: Apache-2.0
import { codeSpace, drawCode } from './code-space.ts';
import type { CodeRange, CodeSpace, RandomBytes } from './code-space.ts';
import { hotGetMany } from './generations.ts';
import { linkSuffix, namespaces } from './keys.ts';
import type { ShardScope } from './keys.ts';
import type { ShardState } from './shard-state.ts';
import type { StateReader } from './state-reader.ts';

export interface DrawContext {
  readonly reader: StateReader;
  readonly scope: ShardScope;
  readonly state: Pick<ShardState, 'generations' | 'revision'>;
  readonly shardRange: CodeRange;
  /** Must be cryptographic: codes are to be hard to guess. */
  readonly random: RandomBytes;
}

/** A code that a proposal lacks. */
export interface Draw {
  readonly length: number;
  code: string | undefined;
}

/** With three quarters of all codes taken, one of a million creates gives up after this many rounds. */
const maxRounds = 48;
/** With fewer than one code of so many in use a look-up for each draw costs more than the draws that have to be repeated. */
const sparseFactor = 1024;

/**
 * Gives each draw a code that is not in `used`, which gets all of them, and that is free in the applied state, for certain
 * or with a probability of more than 99.9 %: apply has the last word anyway. A draw stays without a code when there is none of
 * its length in the shard's range, or every one that came up was taken.
 */
export function drawCodes(draws: readonly Draw[], used: Set<string>, context: DrawContext): void {
  const spaces = new Map<number, CodeSpace>();
  let open = draws;
  for (let round = 0; open.length > 0 && round < maxRounds; round++) {
    const doubtful: Draw[] = [];
    const again: Draw[] = [];
    for (const draw of open) {
      const space = spaceOf(draw.length, spaces, context);
      if (space.count === 0n) continue;
      const code = drawCode(space, context.random);
      draw.code = code;
      if (used.has(code)) again.push(draw);
      else if (!isSparse(space, context)) doubtful.push(draw);
      used.add(code);
    }
    if (doubtful.length > 0) again.push(...takenOf(doubtful, context));
    for (const draw of again) draw.code = undefined;
    open = again;
  }
}

function spaceOf(length: number, spaces: Map<number, CodeSpace>, { shardRange }: DrawContext): CodeSpace {
  const known = spaces.get(length);
  if (known !== undefined) return known;
  const space = codeSpace(shardRange, length);
  spaces.set(length, space);
  return space;
}

/** A shard has at most as many codes, dead ones included, as it has seen revisions. */
function isSparse({ count, small }: CodeSpace, { state }: DrawContext): boolean {
  return state.revision * sparseFactor < (small?.count ?? Number(count));
}

/** The draws whose codes have a row, dead or alive. */
function takenOf(drawn: readonly Draw[], { reader, scope, state }: DrawContext): Draw[] {
  const tier = { reader, scope, generations: state.generations };
  const rows = hotGetMany(
    tier,
    namespaces.link,
    drawn.map(({ code }) => linkSuffix(code ?? '')),
  );
  return drawn.filter((_, i) => rows[i] !== undefined);
}
