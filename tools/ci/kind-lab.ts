// SPDX-License-Identifier: Apache-2.0
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const reports = '.reports';
/** Of what this run has begun: the leader of its processes, and when. */
const startFile = join(reports, 'kind-up.start');
const exitFile = join(reports, 'kind-up.exit');
const logFile = join(reports, 'kind-up.log');
const pollMs = 2000;

/**
 * A folder beside the project with the programs `up`, `enter` and `down`, which give Docker and kind to a machine that has
 * neither. Its first start compiles Kubernetes, for a quarter of an hour.
 */
export class KindLab {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** The program that runs another one where Docker is. */
  get enter(): string {
    return join(this.#folder, 'enter');
  }

  /** Begins in the background, behind everything else, unless it is up: then it is somebody's, and stays. */
  begin(): void {
    for (const file of [startFile, exitFile]) rmSync(file, { force: true });
    if (spawnSync(this.enter, ['docker', 'version'], { stdio: 'ignore' }).status === 0) return;
    const script = '"$0" >"$1" 2>&1; echo $? >"$2"';
    const args = ['-n', '10', 'sh', '-c', script, join(this.#folder, 'up'), logFile, exitFile];
    const child = spawn('nice', args, { stdio: 'ignore', detached: true });
    child.unref();
    writeFileSync(startFile, JSON.stringify({ pid: child.pid, atMs: Date.now() }));
    process.once('exit', () => this.end());
  }

  /** @returns why it is not up so long after its beginning; undefined: it is. */
  async untilUp(patienceMs: number): Promise<string | undefined> {
    const begun = readBegun();
    if (begun === undefined) return undefined;
    for (;;) {
      const exit = existsSync(exitFile) ? readFileSync(exitFile, 'utf8').trim() : '';
      if (exit === '0') return undefined;
      if (exit !== '') return `it ended with exit code ${exit}: see ${logFile}`;
      const passedMs = Date.now() - begun.atMs;
      if (passedMs > patienceMs) return `it is not up after ${Math.round(passedMs / 60_000)} minutes: see ${logFile}`;
      await sleep(pollMs);
    }
  }

  /** What was begun goes, however far it is. */
  end(): void {
    const begun = readBegun();
    if (begun === undefined) return;
    rmSync(startFile);
    try {
      process.kill(-begun.pid, 'SIGKILL');
    } catch {
      // It has ended by itself.
    }
    spawnSync(join(this.#folder, 'down'), { stdio: 'ignore' });
  }
}

function readBegun(): { readonly pid: number; readonly atMs: number } | undefined {
  if (!existsSync(startFile)) return undefined;
  return JSON.parse(readFileSync(startFile, 'utf8')) as { readonly pid: number; readonly atMs: number };
}
