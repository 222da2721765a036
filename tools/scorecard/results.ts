// SPDX-License-Identifier: Apache-2.0
import type { NamedTest } from './question.ts';

/** How a test ended when it was last run. */
export interface LastResult extends NamedTest {
  /** The project of vitest that ran it: `unit`, `kubernetes`… */
  readonly project: string;
  readonly result: 'passed' | 'failed' | 'skipped';
  /** When its file was run, RFC 3339 to the second. */
  readonly at: string;
}

/** What vitest's JSON reporter says, as far as it matters. */
export interface Report {
  readonly testResults: readonly {
    /** Absolute path of the file. */
    readonly name: string;
    /** Milliseconds since the epoch. */
    readonly startTime: number;
    readonly assertionResults: readonly {
      readonly title: string;
      readonly ancestorTitles: readonly string[];
      readonly status: string;
    }[];
  }[];
}

/** What a report says of these tests; of a file that was not run, or has no such test, nothing. */
export function resultsOf(report: Report, project: string, tests: readonly NamedTest[]): LastResult[] {
  return tests.flatMap((test): LastResult[] => {
    const file = report.testResults.find(({ name }) => name.endsWith(`/${test.file}`));
    const runs = file?.assertionResults.filter(({ title, ancestorTitles }) =>
      [title, ...ancestorTitles].some((one) => isTitled(one, test.title)),
    );
    if (file === undefined || runs === undefined || runs.length === 0) return [];
    const at = `${new Date(file.startTime).toISOString().slice(0, 19)}Z`;
    return [{ file: test.file, title: test.title, project, result: together(runs.map(({ status }) => status)), at }];
  });
}

function isTitled(title: string, named: string): boolean {
  const [before = '', after] = named.split('%s');
  return after === undefined ? title === named : title.startsWith(before) && title.endsWith(after);
}

/** One that failed makes them all failed; only if all were run they have passed. */
function together(statuses: readonly string[]): LastResult['result'] {
  if (statuses.includes('failed')) return 'failed';
  return statuses.every((status) => status === 'passed') ? 'passed' : 'skipped';
}

/** The newer one of two results of a test in a project; those of tests that nobody names any more are dropped. */
export function merge(
  known: readonly LastResult[],
  fresh: readonly LastResult[],
  tests: readonly NamedTest[],
): LastResult[] {
  const newest = new Map<string, LastResult>();
  for (const one of [...known, ...fresh]) {
    const key = JSON.stringify([one.file, one.title, one.project]);
    const before = newest.get(key);
    if (before === undefined || before.at <= one.at) newest.set(key, one);
  }
  const isNamed = ({ file, title }: LastResult): boolean =>
    tests.some((test) => test.file === file && test.title === title);
  const order = ({ file, title, project }: LastResult): string => JSON.stringify([file, title, project]);
  return [...newest.values()].filter(isNamed).toSorted((a, b) => (order(a) < order(b) ? -1 : 1));
}
