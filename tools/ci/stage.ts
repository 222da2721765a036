// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import type { Readable } from 'node:stream';
import {
  failedTests,
  noCounts,
  parseClosingLine,
  parseFailedLines,
  parseMutants,
  parseSeeds,
  parseVerdicts,
  parseVitestReport,
  type Counts,
} from './report.ts';

/** One command of the test run, and where it says how many tests it ran. */
export interface Stage {
  readonly name: string;
  readonly command: readonly string[];
  /**
   * `check`: it holds or it does not, and counts no tests. `vitest`: a file. `line`: the last line of the output, after
   * `failed: ` lines with the names of failed tests, if there are any.
   * `verdicts`, `seeds`, `mutants`: one line of the output for each test.
   */
  readonly report:
    | { readonly kind: 'check' | 'line' | 'verdicts' | 'seeds' | 'mutants' }
    | { readonly kind: 'vitest'; readonly file: string };
  readonly timeoutMs: number;
  /** Called when the run begins, if the stage is a part of it: what takes long is begun in the background. */
  readonly begin?: (() => void) | undefined;
  /** Why the stage cannot run here, if so: then it counts as one skipped test, and the run says why. */
  readonly skip?: string | undefined;
}

export interface StageResult {
  readonly name: string;
  readonly counts: Counts;
  /** Why the stage failed; undefined when it did not. */
  readonly failure: string | undefined;
  /** The failed tests, as far as the report names them. */
  readonly failedTests: readonly string[];
  readonly elapsedMs: number;
}

interface Ended {
  /** Undefined when a signal or a missing program ended it. */
  readonly exitCode: number | undefined;
  readonly reason: string;
  readonly output: string;
}

/** Of the output only so much of its end is kept for counting. */
const keptOutputChars = 8 * 1024 * 1024;

const drainMs = 5000;

export async function runStage(stage: Stage, write: (text: string) => void): Promise<StageResult> {
  if (stage.skip !== undefined) {
    write(`skipped: ${stage.skip}\n`);
    return {
      name: stage.name,
      counts: { ...noCounts, skipped: 1 },
      failure: undefined,
      failedTests: [],
      elapsedMs: 0,
    };
  }
  // A report of an earlier run must not speak for a run that crashed before it wrote its own.
  if (stage.report.kind === 'vitest') rmSync(stage.report.file, { force: true });
  const startedMs = performance.now();
  const ended = await runProcess(stage, write);
  const elapsedMs = performance.now() - startedMs;
  return {
    name: stage.name,
    elapsedMs,
    ...judge(stage, ended),
    failedTests: namesOfFailed(stage.report, ended.output),
  };
}

function judge(stage: Stage, ended: Ended): Pick<StageResult, 'counts' | 'failure'> {
  const broke = ended.exitCode === 0 ? undefined : ended.reason;
  if (stage.report.kind === 'check') return withFailure(noCounts, broke);
  const counts = readCounts(stage.report, ended.output);
  if (counts === undefined) return withFailure(noCounts, broke ?? 'it did not report how many tests it ran');
  if (broke !== undefined || counts.failed > 0) return withFailure(counts, broke ?? 'tests failed');
  if (counts.passed + counts.skipped === 0) return withFailure(counts, 'it ran no tests');
  return { counts, failure: undefined };
}

/** A stage that failed without naming a failed test counts as one, so that the total never looks clean when it is not. */
function withFailure(counts: Counts, failure: string | undefined): Pick<StageResult, 'counts' | 'failure'> {
  if (failure === undefined) return { counts, failure };
  return { counts: { ...counts, failed: Math.max(1, counts.failed) }, failure };
}

function readCounts(report: Stage['report'], output: string): Counts | undefined {
  switch (report.kind) {
    case 'check':
      return noCounts;
    case 'line':
      return parseClosingLine(output);
    case 'verdicts':
      return parseVerdicts(output);
    case 'seeds':
      return parseSeeds(output);
    case 'mutants':
      return parseMutants(output);
    case 'vitest':
      return existsSync(report.file) ? parseVitestReport(readFileSync(report.file, 'utf8')) : undefined;
  }
}

function namesOfFailed(report: Stage['report'], output: string): readonly string[] {
  if (report.kind === 'line') return parseFailedLines(output);
  if (report.kind !== 'vitest' || !existsSync(report.file)) return [];
  return failedTests(readFileSync(report.file, 'utf8'));
}

async function runProcess(stage: Stage, write: (text: string) => void): Promise<Ended> {
  const [program = '', ...args] = stage.command;
  // A group of its own, so that whatever the stage leaves behind can be ended with it.
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  let output = '';
  const take = (chunk: Buffer): void => {
    const text = chunk.toString('utf8');
    output = (output + text).slice(-keptOutputChars);
    write(text);
  };
  child.stdout.on('data', take);
  child.stderr.on('data', take);
  const killGroup = (): void => {
    if (child.pid === undefined) return;
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch {
      // Nothing of the group is left.
    }
  };
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    killGroup();
  }, stage.timeoutMs);
  process.once('exit', killGroup);
  const { code, reason } = await new Promise<{ code: number | null; reason: string }>((resolve) => {
    child.once('error', (error) => resolve({ code: null, reason: error.message }));
    // Not `close`: a process that the stage left behind holds the pipes open.
    child.once('exit', (exit, signal) => resolve({ code: exit, reason: signal ?? `exit code ${exit}` }));
  });
  clearTimeout(timer);
  killGroup();
  process.removeListener('exit', killGroup);
  await drained(child.stdout);
  await drained(child.stderr);
  if (timedOut) return { exitCode: undefined, reason: `it took longer than ${stage.timeoutMs / 1000} s`, output };
  return { exitCode: code ?? undefined, reason, output };
}

/** Waits for the rest of the output, but not for a process that left the group and holds the pipe open. */
async function drained(stream: Readable): Promise<void> {
  if (stream.readableEnded) return;
  const limit = AbortSignal.timeout(drainMs);
  await Promise.race([once(stream, 'end', { signal: limit }), once(stream, 'close', { signal: limit })]).catch(
    () => undefined,
  );
}
