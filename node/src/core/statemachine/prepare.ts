// SPDX-License-Identifier: Apache-2.0
import { fromUtf8, utf8 } from '@shortlink/common/bytes.ts';
import { inRange } from './code-space.ts';
import type { CodeRange } from './code-space.ts';
import { codeAt, drawnCodes } from './code-list.ts';
import { commandProblem } from './command-problem.ts';
import type { Command } from './commands.ts';
import { drawCodes } from './draw-codes.ts';
import type { Draw, DrawContext } from './draw-codes.ts';
import { routingKeyOf } from './routing.ts';

export type PrepareContext = DrawContext;

export type Prepared =
  | { readonly kind: 'prepared'; readonly commands: readonly Command[] }
  /** The caller must not have sent this; `command` is its place. */
  | { readonly kind: 'invalid'; readonly command: number; readonly problem: string }
  /** Another shard owns the routing key: the caller's map is old. */
  | { readonly kind: 'wrongShard'; readonly command: number }
  /** Every code that was drawn is taken: (nearly) all codes of that length in this shard are in use. */
  | { readonly kind: 'codesExhausted'; readonly command: number };

/**
 * The leader's part before a proposal: checks what must not enter the log and draws the missing codes. A drawn code is unequal
 * to every other one of the proposal, and almost certainly free; where it is not, or a proposal in flight takes it first,
 * apply says `redraw` and the caller prepares the original command again.
 */
export function prepareCommands(commands: readonly Command[], context: PrepareContext): Prepared {
  for (const [place, command] of commands.entries()) {
    const problem = commandProblem(command);
    if (problem !== undefined) return { kind: 'invalid', command: place, problem };
    if (!isOwned(command, context.shardRange)) return { kind: 'wrongShard', command: place };
  }
  return drawMissing(commands, context);
}

/** A create without a code follows its idempotency memory, but a split may have moved that; it is checked like any key. */
function isOwned(command: Command, range: CodeRange): boolean {
  if (command.type === 'kvBatch') return command.operations.every(({ key }) => inRange(range, key));
  if (command.type === 'createLinks' && !drawnCodes(command).every((code) => inRange(range, code))) return false;
  const key = routingKeyOf(command);
  return key === undefined || inRange(range, key);
}

/** The codes that one command lacks, by row. */
interface Missing {
  readonly place: number;
  readonly draws: readonly (Draw | undefined)[];
}

function drawMissing(commands: readonly Command[], context: PrepareContext): Prepared {
  const used = new Set<string>();
  const missing: Missing[] = [];
  for (const [place, command] of commands.entries()) {
    const draws = missingCodes(command, used);
    if (draws.some((draw) => draw !== undefined)) missing.push({ place, draws });
  }
  if (missing.length === 0) return { kind: 'prepared', commands };
  drawCodes(
    missing.flatMap(({ draws }) => draws.filter((draw) => draw !== undefined)),
    used,
    context,
  );
  const prepared = [...commands];
  for (const { place, draws } of missing) {
    const command = withDraws(commands[place], draws);
    if (command === undefined) return { kind: 'codesExhausted', command: place };
    prepared[place] = command;
  }
  return { kind: 'prepared', commands: prepared };
}

/** A draw for each row that has no code; the codes that there are go into `used`. */
function missingCodes(command: Command, used: Set<string>): (Draw | undefined)[] {
  if (command.type === 'createLink') {
    if (command.code === undefined) return [{ length: command.codeLength, code: undefined }];
    used.add(command.code);
  }
  // What a look into the cold tier has left is not to be drawn again: nobody would look for the new codes there.
  if (command.type !== 'createLinks' || command.coldVersion !== undefined) return [];
  const { codes, codeLength: length, count } = command;
  return Array.from({ length: count }, (_, row) => {
    const code = codes === undefined ? undefined : codeAt(codes, length, row);
    if (code === undefined) return { length, code };
    used.add(fromUtf8(code));
    return undefined;
  });
}

/** Undefined when there is no code for the command. */
function withDraws(command: Command | undefined, draws: readonly (Draw | undefined)[]): Command | undefined {
  if (command?.type === 'createLink') {
    const code = draws[0]?.code;
    return code === undefined ? undefined : { ...command, code, generated: true };
  }
  if (command?.type !== 'createLinks') return undefined;
  const codes = command.codes?.slice() ?? new Uint8Array(command.count * command.codeLength);
  for (const [row, draw] of draws.entries())
    if (draw?.code !== undefined) codes.set(utf8(draw.code), row * command.codeLength);
  return { ...command, codes };
}
