// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compareBytes } from '@shortlink/common/bytes.ts';
import { afterAll, describe, expect, it } from 'vitest';
import { sortedRows } from './link-rows.ts';
import { buildChunk, measureSpeed, sizesOf } from './measure-chunk.ts';
import { linksOf } from './real-links.ts';

const links = linksOf(Array.from({ length: 3000 }, (_, i) => `https://example.com/${i * i}`));
const folder = mkdtempSync(join(tmpdir(), 'shortlink-bench-chunk-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('the links of the benchmark', () => {
  it('have times that rise with the revisions over a year, codes of their own and thousands of creators', () => {
    expect(links.every((link, i) => i === 0 || link.createdAtMs >= (links[i - 1]?.createdAtMs ?? 0))).toBe(true);
    expect(links.map((link) => link.createRevision)).toEqual(links.map((_, i) => i + 1));
    const [first, last] = [links[0]?.createdAtMs ?? 0, links.at(-1)?.createdAtMs ?? 0];
    expect(last - first).toBeGreaterThan(360 * 86_400_000);
    expect(new Set(links.map((link) => link.code)).size).toBe(3000);
    expect(new Set(links.map((link) => link.creatorId)).size).toBeGreaterThan(2000);
    expect(linksOf(links.map((link) => link.url))).toEqual(links);
  });

  it('are rows in the order of a chunk', () => {
    const rows = [...sortedRows(links, 700)].flat();
    expect(rows).toHaveLength(6000);
    for (const [i, row] of rows.entries()) {
      const before = rows[i - 1];
      if (before !== undefined) expect(compareBytes(before.key, row.key)).toBeLessThan(0);
    }
  });
});

describe('a measured chunk', () => {
  it('has parts that make up its bytes, and gives what is looked up', async () => {
    const path = join(folder, 'links.chunk');
    const built = buildChunk(links, path);
    const sizes = sizesOf(links, built.summary);
    expect(sizes.chunkBytes).toBe(statSync(path).size);
    const parts = sizes.data + sizes.secondary + sizes.filter + sizes.index + sizes.model;
    // The rest is properties and footer.
    expect(sizes.chunkBytes - parts * links.length).toBeGreaterThan(100);
    expect(sizes.chunkBytes - parts * links.length).toBeLessThan(600);
    const speed = await measureSpeed(links, path, built);
    expect(speed.falsePositives).toBeLessThan(0.01);
    expect(speed.rowBytes).toBeGreaterThan(20);
    for (const { perSecond, cpuMicros } of [speed.build, speed.verify, speed.coldLookups, speed.warmLookups]) {
      expect(perSecond).toBeGreaterThan(0);
      expect(cpuMicros).toBeGreaterThan(0);
    }
  });
});
