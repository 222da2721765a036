// SPDX-License-Identifier: Apache-2.0
// Runs the tests and closes with `tests: N passed, N failed, N skipped`. Usage: run-tests.ts [verify|all|kubernetes] [name part]
import { mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, dirname } from 'node:path';
import { runStages } from './ci/run-stages.ts';
import { kubernetesStages, testStages, verifyStages } from './ci/stages.ts';

const sets = { verify: verifyStages, all: testStages, kubernetes: kubernetesStages } as const;

process.chdir(dirname(import.meta.dirname));
// Programs of node_modules start with `env node`, and the system's Node may be older than they need.
process.env['PATH'] = [dirname(process.execPath), process.env['PATH'] ?? ''].join(delimiter);
mkdirSync('.reports', { recursive: true });

const [set = 'all', part = ''] = process.argv.slice(2);
const stagesOf = Object.entries(sets).find(([name]) => name === set)?.[1];
if (stagesOf === undefined) {
  process.stderr.write(`run-tests: ${set} is none of ${Object.keys(sets).join(', ')}\n`);
  process.exit(2);
}
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(name, () => process.exit(1));
const stages = stagesOf().filter((stage) => stage.name.includes(part));
const outcome = await runStages(stages, (text) => process.stdout.write(text));
writeFileSync('.reports/total', outcome.total);
process.exitCode = outcome.exitCode;
