// SPDX-License-Identifier: Apache-2.0

export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export const noCounts: Counts = { passed: 0, failed: 0, skipped: 0 };

export function addCounts(a: Counts, b: Counts): Counts {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed, skipped: a.skipped + b.skipped };
}

/** Reads what vitest's JSON reporter wrote; undefined when it is not that. */
export function parseVitestReport(text: string): Counts | undefined {
  const report = parseJson(text);
  if (report === undefined) return undefined;
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests } = report;
  if (typeof numPassedTests !== 'number' || typeof numFailedTests !== 'number') return undefined;
  const pending = typeof numPendingTests === 'number' ? numPendingTests : 0;
  const todo = typeof numTodoTests === 'number' ? numTodoTests : 0;
  return { passed: numPassedTests, failed: numFailedTests, skipped: pending + todo };
}

const messageMaxChars = 300;

/** One line a failed test of vitest's JSON report: where it is, its title, and how its failure begins. */
export function failedTests(text: string): string[] {
  const files = parseJson(text)?.['testResults'];
  if (!Array.isArray(files)) return [];
  return files.flatMap((file: unknown) => failedIn(file));
}

function failedIn(file: unknown): string[] {
  if (!isRecord(file)) return [];
  const name = String(file['name']).split('/').slice(-2).join('/');
  const tests = Array.isArray(file['assertionResults']) ? file['assertionResults'] : [];
  const failed = tests.filter((test: unknown) => isRecord(test) && test['status'] === 'failed');
  // A file that could not be loaded has no tests.
  if (failed.length === 0) return file['status'] === 'failed' ? [`${name}: ${firstLine(file['message'])}`] : [];
  return failed.map((test: unknown) => {
    const { fullName, failureMessages } = isRecord(test) ? test : {};
    return `${name}: ${String(fullName)}: ${firstLine(Array.isArray(failureMessages) ? failureMessages[0] : '')}`;
  });
}

function firstLine(text: unknown): string {
  return (typeof text === 'string' ? (text.split('\n')[0] ?? '') : '').slice(0, messageMaxChars);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** Reads the last `…: N passed, N failed[, N skipped]` line of a runner's output; undefined when there is none. */
export function parseClosingLine(output: string): Counts | undefined {
  const last = [...output.matchAll(/(\d+) passed, (\d+) failed(?:, (\d+) skipped)?/g)].at(-1);
  if (last === undefined) return undefined;
  return { passed: Number(last[1]), failed: Number(last[2]), skipped: Number(last[3] ?? 0) };
}

/** Reads the `failed: NAME` lines of a runner's output. */
export function parseFailedLines(output: string): string[] {
  return [...output.matchAll(/^failed: (.+)$/gm)].map((match) => match[1] ?? '');
}

/** Reads `FILE verdict` lines of the checker of histories: undecided ones failed. */
export function parseVerdicts(output: string): Counts | undefined {
  const verdicts = [...output.matchAll(/ (linearizable|not linearizable|undecided \(limit\))$/gm)].map(
    (match) => match[1],
  );
  if (verdicts.length === 0) return undefined;
  const failed = verdicts.filter((verdict) => verdict?.startsWith('undecided')).length;
  return { passed: verdicts.length - failed, failed, skipped: 0 };
}

/**
 * Reads what the simulator says: a line for each seed, violations below it, and at the end how many seeds there were.
 * Undefined when the end is missing.
 */
export function parseSeeds(output: string): Counts | undefined {
  const seeds = output.split(/^(?=seed \d+: )/m).filter((part) => part.startsWith('seed '));
  const total = /^(\d+) seeds, .* violations$/m.exec(output)?.[1];
  if (Number(total) !== seeds.length) return undefined;
  const failed = seeds.filter((part) => /^VIOLATION /m.test(part)).length;
  return { passed: seeds.length - failed, failed, skipped: 0 };
}

/** Reads the closing line of the simulator's mutants; undefined when it is missing. */
export function parseMutants(output: string): Counts | undefined {
  const closing = /^(\d+) mutants, (\d+) caught$/m.exec(output);
  if (closing === null) return undefined;
  const caught = Number(closing[2]);
  return { passed: caught, failed: Number(closing[1]) - caught, skipped: 0 };
}

function parseJson(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
