// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { mutants } from './all.ts';
import { runMutants } from './cli.ts';

async function run(part: string): Promise<{ readonly exitCode: number; readonly lines: readonly string[] }> {
  let text = '';
  const exitCode = await runMutants(part, (chunk) => (text += chunk));
  return { exitCode, lines: text.trimEnd().split('\n') };
}

describe('sim:mutants', () => {
  it(
    'says by which seed and which property a mutant was caught, and where it is known from',
    { timeout: 120_000 },
    async () => {
      const { exitCode, lines } = await run('exports lack rows');
      expect(lines[0]).toMatch(/^caught exports lack rows: seed 1 of 4, rows survive: shard \d+/);
      expect(lines[1]).toContain('Quickwit #1987');
      expect(lines.at(-1)).toBe('1 mutants, 1 caught');
      expect(exitCode).toBe(0);
    },
  );

  it('fails when there is nothing to catch', async () => {
    expect(await run('no such name')).toEqual({ exitCode: 1, lines: ['0 mutants, 0 caught'] });
  });

  it('knows each mutant by one name', () => {
    expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length);
  });
});
