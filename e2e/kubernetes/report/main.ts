// SPDX-License-Identifier: Apache-2.0
// Writes the report of the last run of scenarios into docs/reports, for level full; the others need none.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../harness/program.ts';
import { reportText, type Measured, type Scenarios } from './report-text.ts';

const reports = join(root, '.reports');

function readJson(...path: readonly string[]): unknown {
  return JSON.parse(readFileSync(join(reports, ...path), 'utf8'));
}

const level = process.env['LEVEL'] ?? 'smoke';
if (level === 'full') {
  const measured = readdirSync(join(reports, 'kubernetes', 'measured')).map(
    (file) => readJson('kubernetes', 'measured', file) as Measured,
  );
  const versions = readJson('kubernetes', 'versions.json') as Readonly<Record<string, string>>;
  const scenarios = readJson('kubernetes.json') as Scenarios;
  const provider = process.env['E2E_PROVIDER'] ?? 'kind';
  const folder = join(root, 'docs', 'reports');
  mkdirSync(folder, { recursive: true });
  const at = new Date(scenarios.startTime).toISOString().replaceAll(':', '').slice(0, 15);
  const file = join(folder, `${provider}-${level}-${at}.md`);
  writeFileSync(file, reportText({ provider, level, versions, scenarios, measured }));
  console.log(`written: ${file}`);
}
