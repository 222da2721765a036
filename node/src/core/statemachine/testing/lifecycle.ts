// SPDX-License-Identifier: Apache-2.0
import { defined } from '@shortlink/common/assert.ts';
import { concatBytes, toHex } from '@shortlink/common/bytes.ts';
import { zlibChunkCodec } from '../../../adapters/system/zlib-chunk-codec.ts';
import { RowSum } from '../../chunk/row-sum.ts';
import type { ChunkObject, Placement } from '../../lifecycle/types.ts';
import type { Command, CommandResult } from '../commands.ts';
import { generationNamespaces, generationRange, keySuffix } from '../keys.ts';
import type { StateRow } from '../state-reader.ts';
import type { TestShard } from './test-shard.ts';

export const digestA = 'a'.repeat(64);
export const digestB = 'b'.repeat(64);
export const placement: Placement = { ringEpoch: 1, nodes: ['n1', 'n2', 'n3'], redundancy: 2 };

export function chunkObject(name: string, fields: Partial<ChunkObject> = {}): ChunkObject {
  return {
    name,
    sizeBytes: 1000,
    tailBytes: 100,
    contentDigest: digestA,
    checksum: 'c0ffee',
    rows: 3,
    firstKey: Uint8Array.of(0x10, 0x61),
    lastKey: Uint8Array.of(0x20, 0x7a),
    minRevision: 1,
    maxRevision: 9,
    ...fields,
  };
}

/** What a shard remembers of a chunk with these rows. */
export function objectOfRows(name: string, rows: readonly StateRow[]): ChunkObject {
  return chunkObject(name, {
    rows: rows.length,
    checksum: checksumOf(rows),
    firstKey: defined(rows[0], 'first row of a chunk').key,
    lastKey: defined(rows.at(-1), 'last row of a chunk').key,
  });
}

export function checksumOf(rows: readonly StateRow[]): string {
  const sum = new RowSum(zlibChunkCodec);
  for (const row of rows) sum.add(row);
  return toHex(sum.value());
}

/** Every row of a generation under its chunk key, as an exporter reads them. */
export function rowsOfGeneration(shard: TestShard, generation: number): StateRow[] {
  return generationNamespaces.flatMap((namespace) =>
    shard.memory
      .scan(generationRange(namespace, shard.scope, generation), { limit: Number.MAX_SAFE_INTEGER })
      .map(({ key, value }) => ({ key: concatBytes(Uint8Array.of(namespace), keySuffix(key)), value })),
  );
}

/** The steps between UPLOAD and RETIRE as healthy nodes propose them. */
export function exportSteps(
  generation: number,
  object: ChunkObject,
  replicas: readonly number[] = [1, 2],
): readonly Command[] {
  const { name } = object;
  return [
    ...replicas.map((replica) => ({ type: 'digest' as const, generation, replica, digest: object.contentDigest })),
    { type: 'exported', generation, object, replaces: undefined },
    { type: 'readback', generation, object: name, digest: object.contentDigest },
    { type: 'redistribute', generation, object: name, placement },
    ...['n1', 'n2'].map((node) => ({ type: 'holdings' as const, node, holds: [name], drops: [], placement })),
  ];
}

/** Takes the oldest sealed generation all the way to the cold tier. */
export function retireOldest(shard: TestShard): CommandResult | undefined {
  const info = shard.state.generations.at(-1);
  if (info?.state !== 'sealed') return undefined;
  const rows = rowsOfGeneration(shard, info.id);
  const object = objectOfRows(`chunk-${info.id}`, rows);
  shard.cold.put(object.name, rows);
  for (const step of exportSteps(info.id, object)) shard.apply(step);
  const { chunkSetVersion } = shard.state;
  return defined(
    shard.applyAll({ type: 'retire', generation: info.id, object: object.name, chunkSetVersion })[0],
    'verdict of RETIRE',
  );
}
