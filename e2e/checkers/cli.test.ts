// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runHistoryChecker } from './cli.ts';

const GOOD =
  '{:process 0 :type :invoke :f :put :key "k" :value "v"}\n{:process 0 :type :ok :f :put :key "k" :value "v"}\n';
const BAD = `${GOOD}{:process 0 :type :invoke :f :get :key "k"}\n{:process 0 :type :ok :f :get :key "k" :value "w"}\n`;
const UNPAIRED = '{:process 0 :type :ok :f :put :key "k" :value "v"}\n';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'histories-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

function write(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

function run(...args: readonly string[]): { readonly code: number; readonly out: string[]; readonly err: string } {
  const out: string[] = [];
  const err: string[] = [];
  const code = runHistoryChecker(args, { out: (line) => out.push(line), err: (line) => err.push(line) });
  return { code, out, err: err.join('\n') };
}

describe('the command that checks histories', () => {
  it('prints a verdict for every history under a folder, and succeeds whatever the verdicts are', () => {
    mkdirSync(join(folder, 'deep'));
    const bad = write('deep/a.txt', BAD);
    const good = write('good', GOOD);
    write('expected.txt', 'good linearizable');
    write('LICENSE.md', 'MIT');
    const { code, out, err } = run(folder);
    expect(out).toEqual([`${bad} not linearizable`, `${good} linearizable`]);
    expect(code).toBe(0);
    expect(err).toContain('expected.txt: skipped');
  });

  it('takes files as well as folders, and explains a refusal when asked to', () => {
    const bad = write('bad.txt', BAD);
    const { code, out, err } = run('--explain', bad);
    expect({ code, out }).toEqual({ code: 0, out: [`${bad} not linearizable`] });
    expect(err).toContain('cannot be placed: process 0 [events 3–4]');
  });

  it.each([
    ['text', 'hello'],
    ['an answer without a call', UNPAIRED],
    ['nothing', ''],
  ])('fails when a file holds %s instead of a history, but still checks the others', (_, text) => {
    write('a.txt', text);
    const good = write('b.txt', GOOD);
    const { code, out, err } = run(folder);
    expect({ code, out }).toEqual({ code: 1, out: [`${good} linearizable`] });
    expect(err).toContain('a.txt: ');
  });

  it('says that a history is undecided, and fails, when a limit is reached', () => {
    const bad = write('bad.txt', BAD);
    const { code, out, err } = run('--max-steps', '1', bad);
    expect({ code, out }).toEqual({ code: 1, out: [`${bad} undecided (limit)`] });
    expect(err).toContain('limit of steps');
  });

  it.each([[[]], [['--what']], [['--max-steps', '0', 'x']], [['--max-memory-mib', 'lots', 'x']], [['no-such-path']]])(
    'refuses the arguments %j as a usage error',
    (args) => {
      expect(run(...args)).toMatchObject({ code: 2, out: [] });
    },
  );

  it('refuses a folder without histories, so that an empty run cannot pass for a good one', () => {
    write('expected.txt', '');
    expect(run(folder)).toMatchObject({ code: 2, out: [] });
  });
});
