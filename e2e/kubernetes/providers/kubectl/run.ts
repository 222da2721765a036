// SPDX-License-Identifier: Apache-2.0
import { execFile, spawn } from 'node:child_process';
import { root } from '../../../harness/program.ts';

const maxOutputBytes = 64 * 1024 * 1024;
const defaultLimitMs = 120_000;

export interface RunOptions {
  readonly limitMs?: number;
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs a program of the outside in the project's folder. @returns what it printed. @throws with all that it said. */
export async function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const { limitMs = defaultLimitMs, input, env = {} } = options;
  return new Promise((resolve, reject) => {
    const child = execFile(
      program,
      [...args],
      { cwd: root, timeout: limitMs, maxBuffer: maxOutputBytes, env: { ...process.env, ...env } },
      (error, out, err) => {
        if (error === null) resolve(out);
        else reject(new Error(`${program} ${args.join(' ')}: ${error.message}\n${err}`));
      },
    );
    if (input !== undefined) child.stdin?.end(input);
  });
}

/** The same with its output for people to see: what takes minutes. */
export async function runLoudly(
  program: string,
  args: readonly string[],
  { limitMs = defaultLimitMs, env = {} }: RunOptions = {},
): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, [...args], {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
      timeout: limitMs,
      env: { ...process.env, ...env },
    });
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      if (code === 0) resolve();
      else reject(new Error(`${program} ${args.join(' ')} ended with ${signal ?? `exit code ${code}`}`));
    });
  });
}
