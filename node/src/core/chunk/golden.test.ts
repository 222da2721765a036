// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { toHex } from '@shortlink/common/bytes.ts';
import { describe, expect, it } from 'vitest';
import { allRows, openBytes, testOrigin, verifyBytes } from './testing/chunks.ts';
import { goldenChunk, goldenFile, goldenRows, goldenZstd } from './testing/golden.ts';

const golden = new Uint8Array(readFileSync(goldenFile));

// Chunks are kept for ever: what was written once must be readable for ever, and mean the same.
describe('the golden chunk', () => {
  it('holds the rows that it was made of', async () => {
    await verifyBytes(golden);
    const reader = await openBytes(golden);
    expect(await allRows(reader)).toEqual(goldenRows());
    for (const row of goldenRows()) expect(await reader.get(row.key)).toEqual(row.value);
  });

  it('has everything that the format has', async () => {
    const { properties, model, index } = (await openBytes(golden)).tail;
    expect(properties.origin).toEqual(testOrigin);
    expect(properties.namespaces.map((one) => one.namespace)).toEqual([0x10, 0x11, 0x12, 0x20]);
    expect(properties.namespaces.map((one) => one.tombstoneCount)).toEqual([2, 0, 0, 8]);
    expect(model.links.dictionary).toBeDefined();
    expect(model.rowDictionary).toBeDefined();
    expect(model.links.prefixes.list).toHaveLength(1);
    expect(model.links.timeline.count).toBeGreaterThan(3);
    expect(model.links.creators.count).toBe(50);
    expect(index.filters).toHaveLength(1);
  });

  it('has these digests', async () => {
    const { properties } = (await openBytes(golden)).tail;
    expect(toHex(properties.contentDigest)).toBe('f178a01c106ee3157a4256f48aedd568c298625a51a1fdce13747a9131c822b6');
    expect(toHex(properties.rowSum)).toBe('160109021ef1ec5258546d18654812c8a9ed3a55a08d8e1fb935a569df2d3d0d');
  });

  it('is written byte by byte as it was', () => {
    const { bytes } = goldenChunk();
    // Another zstd may compress otherwise; the length of its frames is then all that may differ.
    if (process.versions['zstd'] === goldenZstd) expect(toHex(bytes)).toBe(toHex(golden));
    else expect(Math.abs(bytes.length - golden.length)).toBeLessThan(golden.length / 20);
  });
});
