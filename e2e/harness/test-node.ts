// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { shortlink } from './program.ts';
import { eventually } from './wait.ts';

/** One node of a cluster under test: its folder, its addresses, and its process as the pid file names it. */
export class TestNode {
  readonly index: number;
  readonly folder: string;
  readonly redirect: string;
  readonly api: string;
  readonly grpc: string;
  readonly ops: string;
  #started: ChildProcess | undefined;

  constructor(data: string, index: number, basePort: number) {
    this.index = index;
    this.folder = join(data, `node${index}`);
    const at = (offset: number): string => `127.0.0.1:${basePort + offset + index}`;
    this.redirect = `http://${at(0)}`;
    this.api = `http://${at(100)}`;
    this.grpc = at(200);
    this.ops = `http://${at(400)}`;
  }

  get log(): string {
    return readFileSync(join(this.folder, 'log'), 'utf8');
  }

  /** Of the storage process, written by itself. */
  pid(): number {
    return Number(readFileSync(join(this.folder, 'pid'), 'utf8'));
  }

  /** The process has its store open and runs. */
  isRunning(): boolean {
    try {
      return isAlive(this.pid());
    } catch {
      return false;
    }
  }

  signal(name: NodeJS.Signals): void {
    process.kill(this.pid(), name);
  }

  /** Kills the process as a power failure of the process would, and waits until it is gone. */
  async kill(): Promise<void> {
    const pid = this.pid();
    process.kill(pid, 'SIGKILL');
    await eventually(`process ${pid} to be gone`, () => !isAlive(pid));
  }

  async terminate(): Promise<void> {
    const pid = this.pid();
    process.kill(pid, 'SIGTERM');
    await eventually(`process ${pid} to end`, () => !isAlive(pid), 30_000);
  }

  /** Starts the node again as a user would: from its folder. */
  start(): void {
    const log = openSync(join(this.folder, 'log'), 'a');
    this.#started = spawn(shortlink, ['node', '--config', join(this.folder, 'config.yaml')], {
      stdio: ['ignore', log, log],
    });
    closeSync(log);
  }

  /** Signals a process that `start` began, which may have no pid file yet. */
  signalStarted(name: NodeJS.Signals): void {
    this.#started?.kill(name);
  }

  /** The exit code of a process that `start` began; waits for its end. */
  async exitCode(): Promise<number | null> {
    const child = this.#started;
    if (child === undefined) throw new Error('the node was not started by the test');
    if (child.exitCode !== null) return child.exitCode;
    return new Promise((resolve) => child.once('exit', (code) => resolve(code)));
  }

  async isReady(): Promise<boolean> {
    const health = await this.health();
    return health?.ready === true;
  }

  async isWritable(): Promise<boolean> {
    const health = await this.health();
    return health?.ready === true && health.writable;
  }

  /** Undefined while nobody listens. */
  async health(): Promise<
    { readonly ready: boolean; readonly writable: boolean; readonly waitingFor: string | null } | undefined
  > {
    try {
      const response = await fetch(`${this.ops}/readyz`, { signal: AbortSignal.timeout(2000) });
      const body = (await response.json()) as { ready?: unknown; writable?: unknown; waitingFor?: unknown };
      return {
        ready: response.ok,
        writable: body.writable === true,
        waitingFor: typeof body.waitingFor === 'string' ? body.waitingFor : null,
      };
    } catch {
      return undefined;
    }
  }

  stopIfRunning(): void {
    this.#started?.kill('SIGKILL');
    try {
      // A stopped process takes no other signal.
      this.signal('SIGCONT');
      this.signal('SIGKILL');
    } catch {
      // It has ended already.
    }
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // A zombie still has its number.
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
