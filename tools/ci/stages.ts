// SPDX-License-Identifier: Apache-2.0
import { existsSync, globSync } from 'node:fs';
import { join } from 'node:path';
import { KindLab } from './kind-lab.ts';
import type { Stage } from './stage.ts';

const minuteMs = 60_000;
const node = process.execPath;
const bin = (name: string): string => join('node_modules', '.bin', name);
const reports = '.reports';

/** Every tsconfig.json is a project that must compile: the root, and the pure ones that see no Node types. */
function typeStages(): Stage[] {
  const projects = globSync('**/tsconfig.json', { exclude: ['**/node_modules/**'] }).toSorted();
  return projects.map((project) => check(`types ${project}`, [node, bin('tsc'), '-p', project]));
}

function check(name: string, command: readonly string[]): Stage {
  return { name, command, report: { kind: 'check' }, timeoutMs: 5 * minuteMs };
}

function vitest(project: string, timeoutMs: number): Stage {
  const file = join(reports, `${project}.json`);
  const command = [node, bin('vitest'), 'run', '--project', project];
  return {
    name: `vitest ${project}`,
    command: [...command, '--reporter=default', '--reporter=json', `--outputFile.json=${file}`],
    report: { kind: 'vitest', file },
    timeoutMs,
  };
}

function runner(
  name: string,
  command: readonly string[],
  kind: 'line' | 'verdicts' | 'seeds' | 'mutants' = 'line',
): Stage {
  return { name, command: [node, ...command], report: { kind }, timeoutMs: 10 * minuteMs };
}

/** What `make verify` runs: all that needs seconds and starts no node. Nothing of it writes into the tree. */
export function verifyStages(): Stage[] {
  return [
    check('format', [bin('oxfmt'), '--check', '.']),
    check('lint', [bin('oxlint'), '--type-aware', '--deny-warnings', '.']),
    ...typeStages(),
    check('proto lint', [bin('buf'), 'lint', 'proto']),
    check('lock file', [node, 'tools/complete-lock.ts', '--check']),
    check('generated files', [node, 'tools/gen/main.ts', '--check']),
    check('unused code', [node, bin('knip')]),
    // In CI a Kubernetes may be compiled beside them.
    vitest('unit', 20 * minuteMs),
  ];
}

const raftRunner = 'node/src/core/raft/conformance/main.ts';
/** Test data of others, which need not lie beside the project. */
const published = process.env['CONFORMANCE_DATA'] ?? join('..', 'shared', 'data');

/** Real S3 servers, which need not lie beside the project either. */
const s3Servers = process.env['S3_SERVERS'] ?? join('..', 'shared', 's3');

/** Docker and kind for machines that have neither, which need not lie beside the project. */
const kindFolder = process.env['KIND_LAB'] ?? join('..', 'shared', 'kind');

/** On Kubernetes: LEVEL is smoke without it, full or soak. */
export function kubernetesStages(): Stage[] {
  const report: Stage = check('report', [node, 'e2e/kubernetes/report/main.ts']);
  return [vitest('kubernetes', 4 * 60 * minuteMs), report];
}

function kindStage(): Stage {
  const lab = new KindLab(kindFolder);
  const stage = runner('kubernetes smoke', ['tools/ci/kind-smoke.ts', kindFolder]);
  return { ...stage, begin: () => lab.begin(), timeoutMs: 60 * minuteMs };
}

/** What CI runs. */
export function testStages(): Stage[] {
  const etcdScripts = join(published, 'etcd-raft');
  const histories = join(published, 'linearizability');
  return [
    ...verifyStages(),
    runner('conformance raft', [raftRunner, 'node/src/core/raft/testdata']),
    whenPresent(etcdScripts, runner('conformance etcd-raft', [raftRunner, etcdScripts])),
    whenPresent(histories, runner('conformance histories', ['e2e/checkers/main.ts', histories], 'verdicts')),
    runner('sim', ['node/sim/main.ts', '--seeds', '1..40', '--seconds', '60'], 'seeds'),
    runner('sim mutants', ['node/sim/main.ts', 'mutants'], 'mutants'),
    vitest('charts', 20 * minuteMs),
    // The first run builds the servers.
    whenPresent(s3Servers, vitest('object-store', 45 * minuteMs)),
    vitest('processes', 40 * minuteMs),
    vitest('operator-processes', 30 * minuteMs),
    // Its first start compiles Kubernetes, while everything else runs.
    whenPresent(kindFolder, kindStage()),
  ];
}

function whenPresent(path: string, stage: Stage): Stage {
  return existsSync(path) ? stage : { ...stage, skip: `${path} is not there` };
}
