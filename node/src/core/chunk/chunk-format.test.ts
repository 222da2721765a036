// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { toHex } from '@shortlink/common/bytes.ts';
import { describe, expect, it } from 'vitest';
import { allRows, openBytes } from './testing/chunks.ts';
import { exampleChunk, exampleRows } from './testing/example.ts';

const page = readFileSync(new URL('../../../../docs/spec/chunk-format.md', import.meta.url), 'utf8');

/** The hexadecimal digits before the text of each line, which three spaces divide. */
function exampleOfPage(): string {
  const listing = /```example\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
  return listing
    .split('\n')
    .filter((line) => /^[0-9a-f]{2}/.test(line))
    .map((line) => (line.split('   ')[0] ?? '').replaceAll(' ', ''))
    .join('');
}

describe('the worked example of docs/spec/chunk-format.md', () => {
  it('is what a writer writes', () => {
    expect(exampleOfPage()).toBe(toHex(exampleChunk().bytes));
  });

  it('holds the rows that the page names', async () => {
    expect(await allRows(await openBytes(exampleChunk().bytes))).toEqual(exampleRows);
  });
});
