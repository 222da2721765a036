// SPDX-License-Identifier: Apache-2.0

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { newConfChangeScript } from './confchange-script.ts';
import { interactionCommands, newInteractionScript } from './interaction-script.ts';
import { newQuorumScript } from './quorum-script.ts';
import { parseScript, ScriptError } from './script.ts';
import type { Block } from './script.ts';

/** Runs one command of a script and returns what it prints. */
export type RunBlock = (block: Block) => string;

export interface Difference {
  readonly line: number;
  readonly command: string;
  readonly expected: string;
  readonly actual: string;
}

export type ScriptResult =
  | { readonly ok: true; readonly blocks: number }
  | { readonly ok: false; readonly difference: Difference };

const kinds: readonly { readonly commands: ReadonlySet<string>; readonly start: () => RunBlock }[] = [
  { commands: new Set(interactionCommands.keys()), start: newInteractionScript },
  { commands: new Set(['simple', 'enter-joint', 'leave-joint']), start: newConfChangeScript },
  { commands: new Set(['committed', 'vote']), start: newQuorumScript },
];

/** The kind of a script is that of its first known command. */
function startScript(blocks: readonly Block[]): RunBlock {
  for (const { command } of blocks) {
    const kind = kinds.find(({ commands }) => commands.has(command));
    if (kind !== undefined) return kind.start();
  }
  throw new ScriptError('the script has no known command');
}

/** A block always ends with a line break, whether or not the command printed one. */
function terminated(text: string): string {
  return text === '' || text.endsWith('\n') ? text : `${text}\n`;
}

function failure(block: Block | undefined, actual: string): ScriptResult {
  const { line = 1, command = '', expected = '' } = block ?? {};
  return { ok: false, difference: { line, command, expected, actual } };
}

/** A fault of the script needs its message, a fault of the core its place as well. */
function describeError(error: unknown): string {
  if (error instanceof ScriptError) return `${error.name}: ${error.message}`;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/** Runs the text of a script up to its first difference. */
export function runScript(text: string): ScriptResult {
  let current: Block | undefined;
  try {
    const blocks = parseScript(text);
    const run = startScript(blocks);
    for (const block of blocks) {
      current = block;
      const actual = terminated(run(block));
      if (actual !== block.expected) return failure(block, actual);
    }
    return { ok: true, blocks: blocks.length };
  } catch (error) {
    return failure(current, `${describeError(error)}\n`);
  }
}

export function runScriptFile(path: string): ScriptResult {
  return runScript(readFileSync(path, 'utf8'));
}

/** The scripts of a folder and its subfolders, in order; a file is taken whatever its name. */
export function findScripts(path: string): readonly string[] {
  if (!statSync(path).isDirectory()) return [path];
  const found: string[] = [];
  for (const entry of readdirSync(path, { withFileTypes: true }).toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const child = join(path, entry.name);
    if (statSync(child).isDirectory()) found.push(...findScripts(child));
    else if (entry.name.endsWith('.txt')) found.push(child);
  }
  return found;
}

function lines(text: string): readonly string[] {
  return text.replace(/\n$/, '').split('\n');
}

/** Expected and actual output in full, from the line of the script on; the first line that differs is marked. */
export function describeDifference({ line, command, expected, actual }: Difference): string {
  const wanted = lines(expected);
  const got = lines(actual);
  const at = wanted.findIndex((text, index) => text !== got[index]);
  const first = at < 0 ? wanted.length : at;
  const mark = (text: string, index: number): string => `    ${index === first ? '>' : ' '} ${text}`;
  return [`  line ${line}: ${command}`, '  expected:', ...wanted.map(mark), '  actual:', ...got.map(mark)].join('\n');
}
