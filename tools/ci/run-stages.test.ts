// SPDX-License-Identifier: Apache-2.0
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { runStages } from './run-stages.ts';
import type { Stage } from './stage.ts';

const folder = mkdtempSync(join(tmpdir(), 'run-stages-'));
afterAll(() => rmSync(folder, { recursive: true }));

const reportOf = (passed: number, failed: number): string =>
  JSON.stringify({ numPassedTests: passed, numFailedTests: failed, numPendingTests: 1, numTodoTests: 1 });

function stage(script: string, report: Stage['report'] = { kind: 'line' }, timeoutMs = 30_000): Stage {
  return { name: 'stage', command: [process.execPath, '-e', script], report, timeoutMs };
}

function vitestStage(name: string, script: string): Stage {
  return stage(script.replaceAll('FILE', JSON.stringify(join(folder, name))), {
    kind: 'vitest',
    file: join(folder, name),
  });
}

async function run(...stages: Stage[]): Promise<{ exitCode: number; lastLine: string; text: string }> {
  let text = '';
  const { exitCode } = await runStages(stages, (chunk) => (text += chunk));
  return { exitCode, text, lastLine: text.trimEnd().split('\n').at(-1) ?? '' };
}

describe('the closing line', () => {
  test('sums the reports of every kind of runner', async () => {
    const result = await run(
      stage('console.log("conformance: 5 passed, 0 failed")'),
      stage('console.log("noise: 9 passed, 9 failed"); console.log("sim: 7 passed, 0 failed, 2 skipped")'),
      stage('', { kind: 'check' }),
      stage('console.log("a.log linearizable\\nb.log not linearizable")', { kind: 'verdicts' }),
      stage('console.log("seed 1: trace a\\nseed 2: trace b\\n2 seeds, 0.1 simulated hours, 0 violations")', {
        kind: 'seeds',
      }),
      stage('console.log("caught a: seed 1\\ncaught b: seed 2\\n2 mutants, 2 caught")', { kind: 'mutants' }),
      vitestStage('a.json', `require('fs').writeFileSync(FILE, ${JSON.stringify(reportOf(3, 0))})`),
    );
    expect(result.lastLine).toBe('tests: 21 passed, 0 failed, 4 skipped');
    expect(result.exitCode).toBe(0);
  });

  test('counts a stage that cannot run here as skipped and says why', async () => {
    const result = await run(stage('console.log("1 passed, 0 failed")'), { ...stage(''), skip: 'no data' });
    expect(result.lastLine).toBe('tests: 1 passed, 0 failed, 1 skipped');
    expect(result.text).toContain('skipped: no data');
  });
});

test('what takes long is begun before the first stage, unless its stage cannot run here', async () => {
  const begun: string[] = [];
  const one = stage('console.log("1 passed, 0 failed")');
  const begin = (name: string) => () => void begun.push(name);
  await run(one, { ...one, begin: begin('later') }, { ...one, skip: 'no data', begin: begin('skipped') });
  expect(begun).toEqual(['later']);
});

describe('the exit code is not 0', () => {
  test('when a test fails, which the end of the output names', async () => {
    const failed = { fullName: 'a thing works', status: 'failed', failureMessages: ['Error: it does not\n  at x'] };
    const report = JSON.stringify({
      ...(JSON.parse(reportOf(3, 1)) as object),
      testResults: [
        { name: '/project/e2e/a.e2e.ts', status: 'failed', assertionResults: [failed, { status: 'passed' }] },
        { name: '/project/e2e/b.e2e.ts', status: 'failed', message: 'cannot be loaded', assertionResults: [] },
      ],
    });
    const result = await run(
      vitestStage('f.json', `require('fs').writeFileSync(FILE, ${JSON.stringify(report)}); process.exit(1)`),
    );
    expect(result.text.split('\n').slice(-5)).toEqual([
      'failed in stage: e2e/a.e2e.ts: a thing works: Error: it does not',
      'failed in stage: e2e/b.e2e.ts: cannot be loaded',
      '',
      'tests: 3 passed, 1 failed, 2 skipped',
      '',
    ]);
  });

  test('when a runner names a test that failed, which the end of the output repeats', async () => {
    const result = await run(stage('console.log("failed: a.k8s.ts: it drains: Error: no\\n1 passed, 1 failed")'));
    expect(result.exitCode).toBe(1);
    expect(result.text).toContain('\nfailed in stage: a.k8s.ts: it drains: Error: no\n\ntests:');
  });

  test('when tests fail, and later stages still run', async () => {
    const result = await run(stage('console.log("4 passed, 2 failed")'), stage('console.log("1 passed, 0 failed")'));
    expect(result).toMatchObject({ exitCode: 1, lastLine: 'tests: 5 passed, 2 failed, 0 skipped' });
  });

  test('when a runner reports no failure and yet exits with one', async () => {
    const result = await run(stage('console.log("4 passed, 0 failed"); process.exit(3)'));
    expect(result).toMatchObject({ exitCode: 1, lastLine: 'tests: 4 passed, 1 failed, 0 skipped' });
    expect(result.text).toContain('exit code 3');
  });

  test('when a stage crashes before its report, even if an older report lies there', async () => {
    writeFileSync(join(folder, 'old.json'), reportOf(3, 0));
    const result = await run(vitestStage('old.json', 'process.kill(process.pid, "SIGKILL")'));
    expect(result).toMatchObject({ exitCode: 1, lastLine: 'tests: 0 passed, 1 failed, 0 skipped' });
  });

  test('when a report is cut off', async () => {
    const result = await run(vitestStage('cut.json', `require('fs').writeFileSync(FILE, '{"numPassedTests":1')`));
    expect(result).toMatchObject({ exitCode: 1, lastLine: 'tests: 0 passed, 1 failed, 0 skipped' });
  });

  test('when a stage ran no tests or does not say how many', async () => {
    expect(await run(stage('console.log("0 passed, 0 failed")'))).toMatchObject({ exitCode: 1 });
    expect(await run(stage('console.log("a undecided (limit)")', { kind: 'verdicts' }))).toMatchObject({ exitCode: 1 });
    expect(await run(stage('console.log("all good")'))).toMatchObject({ exitCode: 1 });
  });

  test('when a seed of the simulator breaks a promise, or the last seeds are missing', async () => {
    const broken = 'seed 1: trace a\\nVIOLATION of x\\nVIOLATION of y\\nseed 2: trace b';
    const whole = stage(`console.log("${broken}\\n2 seeds, 0.1 simulated hours, 2 violations")`, { kind: 'seeds' });
    expect(await run(whole)).toMatchObject({ exitCode: 1, lastLine: 'tests: 1 passed, 1 failed, 0 skipped' });
    const cut = stage('console.log("seed 1: trace a")', { kind: 'seeds' });
    expect(await run(cut)).toMatchObject({ exitCode: 1, lastLine: 'tests: 0 passed, 1 failed, 0 skipped' });
  });

  test('when a mutant of the simulator is missed', async () => {
    const missed = stage('console.log("MISSED a: not within 2 seeds\\ncaught b: seed 1\\n2 mutants, 1 caught")', {
      kind: 'mutants',
    });
    expect(await run(missed)).toMatchObject({ exitCode: 1, lastLine: 'tests: 1 passed, 1 failed, 0 skipped' });
  });

  test('when a check fails or its program is missing', async () => {
    expect(await run(stage('process.exit(1)', { kind: 'check' }))).toMatchObject({ exitCode: 1 });
    const missing: Stage = { ...stage(''), command: [join(folder, 'absent')], report: { kind: 'check' } };
    expect(await run(missing)).toMatchObject({ exitCode: 1, lastLine: 'tests: 0 passed, 1 failed, 0 skipped' });
  });

  test('when a stage takes too long', async () => {
    const result = await run(stage('setInterval(() => {}, 1000)', { kind: 'check' }, 300));
    expect(result).toMatchObject({ exitCode: 1 });
    expect(result.text).toContain('longer than');
  });
});

test('what a stage leaves behind is ended with it', async () => {
  const leak = `const { spawn } = require('node:child_process');
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' });
    console.log('pid ' + child.pid); console.log('1 passed, 0 failed'); process.exit(0)`;
  const result = await run(stage(leak));
  const pid = Number(/pid (\d+)/.exec(result.text)?.[1]);
  await expect.poll(() => isRunning(pid)).toBe(false);
});

/** A zombie counts as ended: in a container nobody may collect it. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  const stat = `/proc/${pid}/stat`;
  return !existsSync(stat) || !/\) Z /.test(readFileSync(stat, 'utf8'));
}
