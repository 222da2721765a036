// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DevNode } from './folders.ts';

export interface ChildEnd {
  /** In words: `exit code 1`, `SIGKILL`. */
  readonly reason: string;
}

/** One node as a process of its own. */
export interface Child {
  readonly node: DevNode;
  readonly logFile: string;
  /** Undefined while it runs. */
  readonly end: () => ChildEnd | undefined;
  readonly ended: Promise<ChildEnd>;
  readonly signal: (name: 'SIGTERM' | 'SIGKILL') => void;
}

const entry = fileURLToPath(new URL('../main.ts', import.meta.url));
/** A log beyond this is set aside when the node starts, so that two of them are the most there ever is. */
const logMaxBytes = 64 * 2 ** 20;
const tailBytes = 4096;

export function startChild(node: DevNode): Child {
  const logFile = join(node.folder, 'log');
  if (existsSync(logFile) && statSync(logFile).size > logMaxBytes) renameSync(logFile, `${logFile}.1`);
  const log = openSync(logFile, 'a');
  // A process group of its own: Ctrl-C is for `dev`, which then ends the nodes in order. The channel tells the node
  // when `dev` itself is killed.
  const child = spawn(process.execPath, [...process.execArgv, entry, 'node', '--config', node.configFile], {
    stdio: ['ignore', log, log, 'ipc'],
    detached: true,
  });
  closeSync(log);
  let end: ChildEnd | undefined;
  const ended = new Promise<ChildEnd>((resolve) => {
    const finish = (reason: string): void => {
      end ??= { reason };
      resolve(end);
    };
    child.once('error', (error) => finish(error.message));
    child.once('exit', (code, signal) => finish(signal ?? `exit code ${code}`));
  });
  return { node, logFile, end: () => end, ended, signal: (name) => child.kill(name) };
}

/** The last lines of a child's log. */
export function logTail(child: Child, lines: number): string[] {
  const size = statSync(child.logFile).size;
  const buffer = Buffer.alloc(Math.min(size, tailBytes));
  const file = openSync(child.logFile, 'r');
  readSync(file, buffer, 0, buffer.length, size - buffer.length);
  closeSync(file);
  return buffer.toString('utf8').trimEnd().split('\n').slice(-lines);
}
