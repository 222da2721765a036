// SPDX-License-Identifier: Apache-2.0
import { codeSpace, drawCode, inRange } from './code-space.ts';
import type { CodeRange, CodeSpace, RandomBytes } from './code-space.ts';
import { commandProblem } from './command-problem.ts';
import type { Command, CreateLink } from './commands.ts';
import { hotGetMany } from './generations.ts';
import { linkSuffix, namespaces } from './keys.ts';
import type { ShardScope } from './keys.ts';
import type { ShardState } from './shard-state.ts';
import type { StateReader } from './state-reader.ts';
import { routingKeyOf } from './routing.ts';

export interface PrepareContext {
  readonly reader: StateReader;
  readonly scope: ShardScope;
  readonly state: Pick<ShardState, 'generations'>;
  readonly shardRange: CodeRange;
  /** Must be cryptographic: codes are to be hard to guess. */
  readonly random: RandomBytes;
}

export type Prepared =
  | { readonly kind: 'prepared'; readonly commands: readonly Command[] }
  /** The caller must not have sent this; `command` is its place. */
  | { readonly kind: 'invalid'; readonly command: number; readonly problem: string }
  /** Another shard owns the routing key: the caller's map is old. */
  | { readonly kind: 'wrongShard'; readonly command: number }
  /** Every code that was drawn is taken: (nearly) all codes of that length in this shard are in use. */
  | { readonly kind: 'codesExhausted'; readonly command: number };

/** With three quarters of all codes taken, one of a million creates gives up after this many draws. */
const maxDraws = 48;

/**
 * The leader's part before a proposal: checks what must not enter the log and draws the missing codes. A drawn code
 * is free in the applied state and unequal to every other one of the proposal; a proposal in flight may still take it
 * first, then apply says `redraw` and the caller prepares the original command again.
 */
export function prepareCommands(commands: readonly Command[], context: PrepareContext): Prepared {
  for (const [place, command] of commands.entries()) {
    const problem = commandProblem(command);
    if (problem !== undefined) return { kind: 'invalid', command: place, problem };
    if (!isOwned(command, context.shardRange)) return { kind: 'wrongShard', command: place };
  }
  return drawCodes(commands, context);
}

/** A create without a code follows its idempotency memory, but a split may have moved that; it is checked like any key. */
function isOwned(command: Command, range: CodeRange): boolean {
  if (command.type === 'kvBatch') return command.operations.every(({ key }) => inRange(range, key));
  const key = routingKeyOf(command);
  return key === undefined || inRange(range, key);
}

function drawCodes(commands: readonly Command[], context: PrepareContext): Prepared {
  const prepared = [...commands];
  const used = new Set<string>();
  let open: number[] = [];
  for (const [place, command] of commands.entries()) {
    if (command.type !== 'createLink') continue;
    if (command.code === undefined) open.push(place);
    else used.add(command.code);
  }
  const spaces = new Map<number, CodeSpace>();
  for (let draw = 0; open.length > 0; draw++) {
    const first = open[0] ?? 0;
    if (draw === maxDraws) return { kind: 'codesExhausted', command: first };
    const drawn = drawOnce(open, prepared, { context, spaces, used });
    if (drawn === undefined) return { kind: 'codesExhausted', command: first };
    open = keepFree(drawn, prepared, context);
  }
  return { kind: 'prepared', commands: prepared };
}

interface Drawn {
  readonly place: number;
  readonly create: CreateLink;
  readonly code: string | undefined;
}

interface Draws {
  readonly context: PrepareContext;
  readonly spaces: Map<number, CodeSpace>;
  /** Every code of the proposal, also the drawn ones that turned out to be taken. */
  readonly used: Set<string>;
}

/** One draw for each open place; undefined when there is no code of a wanted length in the shard's range. */
function drawOnce(open: readonly number[], prepared: readonly Command[], draws: Draws): Drawn[] | undefined {
  const drawn: Drawn[] = [];
  for (const place of open) {
    const create = prepared[place];
    if (create?.type !== 'createLink') continue;
    let space = draws.spaces.get(create.codeLength);
    if (space === undefined) {
      space = codeSpace(draws.context.shardRange, create.codeLength);
      draws.spaces.set(create.codeLength, space);
    }
    if (space.count === 0n) return undefined;
    const code = drawCode(space, draws.context.random);
    drawn.push({ place, create, code: draws.used.has(code) ? undefined : code });
    draws.used.add(code);
  }
  return drawn;
}

/** Puts the codes that no row has into the proposal and returns the places that are still open. */
function keepFree(drawn: readonly Drawn[], prepared: Command[], context: PrepareContext): number[] {
  const tier = { reader: context.reader, scope: context.scope, generations: context.state.generations };
  const candidates = drawn.filter(({ code }) => code !== undefined);
  const rows = hotGetMany(
    tier,
    namespaces.link,
    candidates.map(({ code }) => linkSuffix(code ?? '')),
  );
  const open = drawn.filter(({ code }) => code === undefined).map(({ place }) => place);
  for (const [i, { place, create, code }] of candidates.entries()) {
    if (rows[i] === undefined) prepared[place] = { ...create, code, generated: true };
    else open.push(place);
  }
  return open.sort((a, b) => a - b);
}
