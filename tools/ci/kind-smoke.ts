// SPDX-License-Identifier: Apache-2.0
// The scenarios of level smoke on kind, as CI runs them. Usage: kind-smoke.ts FOLDER
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { KindLab } from './kind-lab.ts';
import { failedTests, noCounts, parseVitestReport } from './report.ts';

const patienceMs = 40 * 60_000;
const scenariosLimitMs = 25 * 60_000;
const reportFile = join('.reports', 'kubernetes.json');

const lab = new KindLab(process.argv[2] ?? '');
const why = await lab.untilUp(patienceMs);
if (why === undefined) runScenarios(lab.enter);
else console.log(`kind is not there: ${why}\nkubernetes: 0 passed, 0 failed, 1 skipped`);
lab.end();

function runScenarios(enter: string): void {
  rmSync(reportFile, { force: true });
  const command = [process.execPath, join('node_modules', '.bin', 'vitest'), 'run', '--project', 'kubernetes'];
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${reportFile}`];
  const { status } = spawnSync(enter, [...command, ...reporters], {
    stdio: 'inherit',
    timeout: scenariosLimitMs,
    env: { ...process.env, LEVEL: 'smoke' },
  });
  const text = existsSync(reportFile) ? readFileSync(reportFile, 'utf8') : '';
  const { passed, failed, skipped } = parseVitestReport(text) ?? { ...noCounts, failed: 1 };
  for (const test of failedTests(text)) console.log(`failed: ${test}`);
  console.log(`kubernetes: ${passed} passed, ${failed} failed, ${skipped} skipped`);
  process.exitCode = status === 0 ? 0 : 1;
}
