// SPDX-License-Identifier: Apache-2.0
// Takes the results of the last test runs into docs/reports/scorecard.json. Usage: main.ts [REPORT…], by default all in .reports;
// the page follows from it by `make fix`.
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { levels } from './questions.ts';
import { merge, resultsOf, type Report } from './results.ts';
import { readResults, resultsPath, scorecardFile } from './scorecard-file.ts';

const root = dirname(dirname(import.meta.dirname));
const reports = process.argv.length > 2 ? process.argv.slice(2) : globSync(join(root, '.reports', '*.json'));

const tests = levels.flatMap(({ questions }) => questions.flatMap((question) => question.tests));
const fresh = reports.flatMap((path) => {
  const report = JSON.parse(readFileSync(path, 'utf8')) as Partial<Report>;
  return report.testResults === undefined
    ? []
    : resultsOf({ testResults: report.testResults }, basename(path, '.json'), tests);
});
writeFileSync(join(root, resultsPath), `${JSON.stringify(merge(readResults(root), fresh, tests), undefined, 2)}\n`);
const { path, text } = scorecardFile(root);
writeFileSync(join(root, path), text);
console.log(`${fresh.length} results of ${reports.length} reports are in ${path}`);
