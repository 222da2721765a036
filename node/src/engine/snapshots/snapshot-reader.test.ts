// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { utf8 } from '@shortlink/common/bytes.ts';
import { limits } from '@shortlink/common/limits.ts';
import { FakeDisk, FakePlatter } from '../../../sim/disk.ts';
import { firstGeneration, generationKey, namespaces } from '../../core/statemachine/keys.ts';
import { decodeChunk } from './snapshot-codec.ts';
import { SnapshotReader } from './snapshot-reader.ts';

const scope = { shard: 1, slot: 3 };

/** What a shard sends that holds values of these sizes. */
function chunksOf(valueSizes: readonly number[]): readonly Uint8Array[] {
  const store = new FakeDisk(new FakePlatter());
  const batch = store.batch();
  for (const [i, size] of valueSizes.entries()) {
    const key = generationKey(
      namespaces.kv,
      scope,
      firstGeneration,
      utf8(`${String(i)}`.padStart(limits.kvKeyMaxBytes, '0')),
    );
    batch.put('state', key, new Uint8Array(size).fill(i));
  }
  store.write(batch, { sync: true });
  const reader = new SnapshotReader(store, scope);
  const chunks: Uint8Array[] = [];
  for (let chunk = reader.next(); chunk !== undefined; chunk = reader.next()) chunks.push(chunk);
  return chunks;
}

it('cuts a snapshot into chunks that the transport takes, however large its rows are', () => {
  // What the state machine keeps beside a value has a small bound.
  const largest = limits.kvValueMaxBytes + 1024;
  const sizes = [10, largest, largest, 200_000, largest, 20, 200_000, 200_000, 30];
  const chunks = chunksOf(sizes);
  for (const { length } of chunks) expect(length).toBeLessThanOrEqual(limits.snapshotChunkMaxBytes);
  const rows = chunks.map(decodeChunk).flatMap((chunk) => (chunk.kind === 'rows' ? chunk.rows : []));
  expect(rows.map(({ value }) => value.length)).toEqual(sizes);
  expect(chunks.map(decodeChunk).at(-1)).toEqual({ kind: 'end', rowCount: sizes.length });
});

it('puts small rows together', () => {
  expect(chunksOf(Array.from({ length: 100 }, () => 10)).length).toBeLessThan(5);
});
