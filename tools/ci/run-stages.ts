// SPDX-License-Identifier: Apache-2.0
import { addCounts, noCounts } from './report.ts';
import { runStage, type Stage, type StageResult } from './stage.ts';

export interface Outcome {
  /** The line that the output closes with. */
  readonly total: string;
  readonly exitCode: number;
}

/** Runs every stage, also after one failed, so that one run tells all; closes with the one line that CI reads. */
export async function runStages(stages: readonly Stage[], write: (text: string) => void): Promise<Outcome> {
  const results: StageResult[] = [];
  for (const { begin, skip } of stages) if (skip === undefined) begin?.();
  for (const stage of stages) {
    write(`\n==> ${stage.name}\n`);
    results.push(await runStage(stage, write));
  }
  write(`\n${results.map(summaryLine).join('\n')}\n`);
  // Last of all, because the end of the output is what is kept and read.
  for (const { name, failedTests } of results) for (const test of failedTests) write(`failed in ${name}: ${test}\n`);
  const counts = results.map((result) => result.counts).reduce(addCounts, noCounts);
  const failed = results.some((result) => result.failure !== undefined);
  const total = `tests: ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped\n`;
  write(`\n${total}`);
  return { total, exitCode: failed ? 1 : 0 };
}

function summaryLine(result: StageResult): string {
  const { passed, failed, skipped } = result.counts;
  const seconds = `${(result.elapsedMs / 1000).toFixed(1)} s`.padStart(8);
  const state = result.failure === undefined ? 'ok    ' : 'FAILED';
  const tests = passed + failed + skipped === 0 ? '' : `${passed} passed, ${failed} failed, ${skipped} skipped`;
  const why = result.failure === undefined ? '' : `  (${result.failure})`;
  return `${state} ${seconds}  ${result.name.padEnd(24)} ${tests}${why}`.trimEnd();
}
