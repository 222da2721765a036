// SPDX-License-Identifier: Apache-2.0
import { utf8 } from '@shortlink/common/bytes.ts';
import { defaultChunkParameters } from '../chunk-parameters.ts';
import type { ChunkRow } from '../chunk-row.ts';
import { buildChunk, sortedRows, type BuiltChunk } from './chunks.ts';
import { deadRow, kvRow, plausibleLinks, rowsOfLinks } from './state-rows.ts';

/** A chunk with everything in it that the format has: all namespaces, tombstones, dictionaries, a timeline, prefixes. */
export const goldenFile = new URL('../testdata/golden-v1.chunk', import.meta.url);

/** The version of zstd that made the golden file; another one may make other bytes that mean the same. */
export const goldenZstd = '1.5.7';

export function goldenRows(): ChunkRow[] {
  return sortedRows([
    ...rowsOfLinks(plausibleLinks(250, 42)),
    deadRow('dead0000', 300, Date.UTC(2026, 5, 1)),
    deadRow('Gone-for-good', 301, Date.UTC(2026, 5, 2)),
    { key: Uint8Array.of(0x10, 0x7a, 0x7a), value: Uint8Array.of(1, 0, 5, 0, 0x85, 0, 0, 1, 0x61, 1, 0x62) },
    ...Array.from({ length: 80 }, (_, i) => kvRow(utf8(`settings/team-${i}/locale`), localeOf(i), 400 + i)),
  ]);
}

function localeOf(i: number): Uint8Array | undefined {
  return i % 9 === 8 ? undefined : utf8(JSON.stringify({ locale: 'de-CH', zone: 'Europe/Zurich', seats: i * i }));
}

export function goldenChunk(): BuiltChunk {
  return buildChunk(goldenRows(), { ...defaultChunkParameters, blockMaxBytes: 1500, sampleBytes: 12_000 });
}
