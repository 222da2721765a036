// SPDX-License-Identifier: Apache-2.0
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { accessSync, constants } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

export interface ProgramToStart {
  readonly command: string;
  readonly args: readonly string[];
  /** Standard output and error go here. */
  readonly logFile: string;
}

const stopLimitMs = 15_000;
const pollMs = 50;
const tailBytes = 2000;

/** Programs that this run started; all of them end with it. */
export class Processes {
  readonly #children = new Set<ChildProcess>();
  readonly #others: (() => Promise<void>)[] = [];

  constructor() {
    process.once('exit', () => {
      for (const child of this.#children) child.kill('SIGKILL');
    });
  }

  start(program: ProgramToStart): ChildProcess {
    const log = openSync(program.logFile, 'w');
    // Sessions of their own, as `shortlink dev` gives them to its nodes: Linux divides the CPU by sessions first.
    const child = spawn(program.command, program.args, { stdio: ['ignore', log, log], detached: true });
    closeSync(log);
    this.#children.add(child);
    child.once('exit', () => this.#children.delete(child));
    child.once('error', () => this.#children.delete(child));
    return child;
  }

  /** Asks each to end, and kills what does not in time. */
  async stop(children: readonly ChildProcess[]): Promise<void> {
    for (const child of children) if (isRunning(child)) child.kill('SIGTERM');
    const giveUpMs = performance.now() + stopLimitMs;
    while (children.some(isRunning) && performance.now() < giveUpMs) await sleep(pollMs);
    for (const child of children) if (isRunning(child)) child.kill('SIGKILL');
  }

  /** What is to be ended with the programs. */
  add(stop: () => Promise<void>): void {
    this.#others.push(stop);
  }

  async stopAll(): Promise<void> {
    await this.stop([...this.#children]);
    for (const stop of this.#others.splice(0)) await stop();
  }
}

export function isRunning(child: ChildProcess): boolean {
  return child.pid !== undefined && child.exitCode === null && child.signalCode === null;
}

/** Waits until `ready` says so. @throws Error with the end of the log when the program ends or takes too long. */
export async function waitUntilReady(
  child: ChildProcess,
  program: ProgramToStart,
  limits: { readonly limitMs: number; readonly ready: () => Promise<boolean> },
): Promise<void> {
  const giveUpMs = performance.now() + limits.limitMs;
  for (;;) {
    if (await limits.ready()) return;
    const late = performance.now() > giveUpMs;
    if (late || !isRunning(child)) {
      const log = readFileSync(program.logFile, 'utf8').slice(-tailBytes);
      throw new Error(`${program.command} ${late ? 'is not ready in time' : 'has ended'}:\n${log}`);
    }
    await sleep(pollMs);
  }
}

/** Folders that shells of ordinary users often do not have in PATH, but distributions install servers to. */
const moreFolders = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

/** The path of a program; undefined when it is not installed. */
export function findProgram(name: string): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), ...moreFolders];
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The first number with dots in what the program says about itself on any of its outputs. */
export function programVersion(path: string, flag: string): string {
  try {
    const text = execFileSync('/bin/sh', ['-c', '"$0" "$1" 2>&1 || true', path, flag], { encoding: 'utf8' });
    return /\d+(?:\.\d+)+/.exec(text)?.[0] ?? '';
  } catch {
    return '';
  }
}
