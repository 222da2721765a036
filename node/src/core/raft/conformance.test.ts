// SPDX-License-Identifier: Apache-2.0

import { existsSync, readFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { describeDifference, findScripts, runScript, runScriptFile } from './conformance/runner.ts';

const ownScripts = join(import.meta.dirname, 'testdata');
const projectRoot = join(import.meta.dirname, '../../../..');
/** The scripts of etcd-io/raft, where somebody has put them. */
const etcdScripts = join(process.env['CONFORMANCE_DATA'] ?? join(projectRoot, '../shared/data'), 'etcd-raft');

function expectPassed(path: string): void {
  const result = runScriptFile(path);
  expect(result.ok ? '' : describeDifference(result.difference)).toBe('');
}

describe('our own scripts', () => {
  it.each(findScripts(ownScripts).map((path) => [basename(path), path]))('replays %s', (_name, path) => {
    expectPassed(path);
  });
});

describe.skipIf(!existsSync(etcdScripts))('the scripts of etcd-io/raft (skipped without CONFORMANCE_DATA)', () => {
  const scripts = existsSync(etcdScripts) ? findScripts(etcdScripts) : [];

  it('has some', () => {
    expect(scripts.length).toBeGreaterThan(0);
  });

  it.each(scripts.map((path) => [relative(etcdScripts, path), path]))('replays %s verbatim', (_name, path) => {
    expectPassed(path);
  });
});

describe('the runner', () => {
  it.each(findScripts(ownScripts).map((path) => [basename(path), path]))(
    'fails %s when one character of the last expected line is changed',
    (_name, path) => {
      const changed = readFileSync(path, 'utf8').replace(/.\n*$/, '#\n');
      expect(runScript(changed).ok).toBe(false);
    },
  );

  it('reports the first block that differs, with its line and what was printed instead', () => {
    const script = '# a comment\n\nvote cfg=(1) votes=(y)\n----\nVoteWon\n\nvote cfg=(1) votes=(n)\n----\nVoteWon\n';
    const result = runScript(script);
    expect(result).toEqual({
      ok: false,
      difference: { line: 7, command: 'vote', expected: 'VoteWon\n', actual: 'VoteLost\n' },
    });
  });

  it('tells the kind of a script from its commands', () => {
    expect(runScript('simple\nv1\n----\nvoters=(1)\n1: StateProbe match=0 next=1\n').ok).toBe(true);
    expect(runScript('committed cfg=(1) idx=(7)\n----\n     idx\n>      7    (id=1)\n7\n').ok).toBe(true);
    expect(runScript('log-level none\n----\nok\n').ok).toBe(true);
  });

  it('accepts blank lines in an output between double separators', () => {
    const fenced = 'simple\nv1\n----\n----\nvoters=(1)\n1: StateProbe match=0 next=1\n----\n----\n\n';
    expect(runScript(fenced).ok).toBe(true);
  });

  it.each([
    ['nothing in it', ''],
    ['an unknown command first', 'fly 1\n----\nok\n'],
    ['a command without a separator', 'log-level none\n'],
    ['an open fence', 'log-level none\n----\n----\nok\n'],
    ['unbalanced parentheses', 'vote cfg=(1 votes=(y)\n----\nVoteWon\n'],
  ])('fails a script with %s', (_what, script) => {
    expect(runScript(script).ok).toBe(false);
  });
});
