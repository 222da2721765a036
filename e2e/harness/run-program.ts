// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import { shortlink } from './program.ts';

export interface ProgramEnd {
  readonly exitCode: number | null;
  readonly out: string;
  readonly err: string;
  readonly durationMs: number;
}

/** Runs `shortlink` to its end. */
export async function runProgram(args: readonly string[]): Promise<ProgramEnd> {
  const startMs = performance.now();
  const child = spawn(shortlink, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  const exitCode = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { exitCode, out, err, durationMs: performance.now() - startMs };
}
