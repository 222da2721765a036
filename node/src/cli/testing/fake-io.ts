// SPDX-License-Identifier: Apache-2.0
import { shortlink } from '../commands.ts';
import type { Io } from '@shortlink/common/cli/io.ts';
import { runProgram } from '@shortlink/common/cli/run.ts';

export interface Ran {
  readonly exitCode: number;
  readonly out: string;
  readonly err: string;
}

/** Runs the command line inside the test. */
export async function runCli(argv: readonly string[], env: Io['env'] = {}): Promise<Ran> {
  const out: string[] = [];
  const err: string[] = [];
  const io: Io = { out: (line) => out.push(line), err: (line) => err.push(line), rewrite: undefined, env };
  const exitCode = await runProgram(shortlink, argv, io);
  return { exitCode, out: out.join('\n'), err: err.join('\n') };
}
