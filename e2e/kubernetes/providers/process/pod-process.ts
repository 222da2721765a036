// SPDX-License-Identifier: Apache-2.0
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { shortlink } from '../../../harness/program.ts';

const pollMs = 500;
const probeTimeoutMs = 2000;
/** As for a kubelet that asks every 5 s and lets one failure pass: a moment without a leader takes no pod out of service. */
const failingMs = 5000;

/** A container as a process: its arguments, its end, and whether it says that it is ready. */
export class PodProcess {
  readonly #child: ChildProcess;
  readonly #readiness: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isReady = false;
  #answeredAtMs = 0;
  #isAsked = false;

  /** `readiness`: the address that its probe asks; undefined: it has none. */
  constructor(args: readonly string[], { log, readiness }: { readonly log: string; readonly readiness?: string }) {
    const file = openSync(log, 'a');
    this.#child = spawn(shortlink, [...args], { stdio: ['ignore', file, file] });
    closeSync(file);
    this.#readiness = readiness;
    if (readiness !== undefined) this.#timer = setInterval(() => void this.#probe(), pollMs);
    this.#child.once('exit', () => clearInterval(this.#timer));
  }

  /** Undefined while it runs. */
  get exitCode(): number | undefined {
    const { exitCode, signalCode } = this.#child;
    if (exitCode !== null) return exitCode;
    return signalCode === null ? undefined : 137;
  }

  get isReady(): boolean {
    return this.#isReady && this.exitCode === undefined;
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Asks it to end, once: a second time it would end at once. */
  terminate(): void {
    if (!this.#isAsked) this.signal('SIGTERM');
    this.#isAsked = true;
  }

  async #probe(): Promise<void> {
    const nowMs = performance.now();
    if (await this.#answers()) {
      this.#isReady = true;
      this.#answeredAtMs = nowMs;
    } else if (nowMs - this.#answeredAtMs >= failingMs) {
      this.#isReady = false;
    }
  }

  async #answers(): Promise<boolean> {
    try {
      const response = await fetch(this.#readiness ?? '', { signal: AbortSignal.timeout(probeTimeoutMs) });
      await response.arrayBuffer();
      return response.ok;
    } catch {
      return false;
    }
  }
}

export function makeFolder(path: string): string {
  mkdirSync(path, { recursive: true });
  return path;
}
