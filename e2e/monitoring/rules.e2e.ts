// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { findPrometheus } from '../harness/prometheus-programs.ts';
import { root } from '../harness/program.ts';

const found = await findPrometheus();
const promtool = 'programs' in found ? found.programs.promtool : '';
const files = globSync('e2e/monitoring/rules/*.yaml', { cwd: root }).toSorted();

/** @returns its exit code and all that it said. */
async function run(...args: readonly string[]): Promise<{ readonly exitCode: number; readonly text: string }> {
  try {
    const { stdout, stderr } = await promisify(execFile)(promtool, [...args], { cwd: root });
    return { exitCode: 0, text: stdout + stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as {
      readonly code: number;
      readonly stdout: string;
      readonly stderr: string;
    };
    return { exitCode: code, text: stdout + stderr };
  }
}

describe.skipIf('why' in found)(`the alerts${'why' in found ? ` (${found.why})` : ''}`, () => {
  it('are rules that Prometheus takes', async () => {
    expect(await run('check', 'rules', 'charts/shortlink-operator/rules/shortlink.yaml')).toMatchObject({
      exitCode: 0,
    });
  });

  it.each(files)('fire and stay quiet as %s says', async (file) => {
    expect(await run('test', 'rules', join(root, file))).toMatchObject({ exitCode: 0 });
  });
});
