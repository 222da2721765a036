// SPDX-License-Identifier: Apache-2.0
import { ByteReader, DecodeError } from '@shortlink/common/byte-reader.ts';
import { ByteWriter } from '@shortlink/common/byte-writer.ts';
import type { ClusterId, NodeId, Revision, ShardId } from '@shortlink/common/ids.ts';
import { chunkLimits } from '../chunk-limits.ts';
import type { ChunkParameters } from '../chunk-parameters.ts';
import { rowSumBytes } from '../row-sum.ts';

/** Where the rows of a chunk come from, and who wrote it. */
export interface ChunkOrigin {
  readonly clusterId: ClusterId;
  readonly shard: ShardId;
  /** Generations whose rows are in it, rising. */
  readonly generations: readonly number[];
  /** Names of the chunks that it was merged from; empty for an export. */
  readonly inputs: readonly string[];
  readonly node: NodeId;
  /** Term in which the node led the shard. */
  readonly term: number;
}

export interface RevisionRange {
  readonly first: Revision;
  readonly last: Revision;
}

/** Rows of one namespace: whole blocks, in the order of keys. */
export interface NamespaceProperties {
  /** First byte of the keys. */
  readonly namespace: number;
  readonly blockCount: number;
  readonly rowCount: number;
  readonly tombstoneCount: number;
  /** Keys and values. */
  readonly rawBytes: number;
  /** Of the blocks. */
  readonly storedBytes: number;
  readonly hasFilter: boolean;
  readonly firstKey: Uint8Array;
  readonly lastKey: Uint8Array;
}

/** What a chunk says of itself. */
export interface ChunkProperties {
  readonly origin: ChunkOrigin;
  readonly parameters: ChunkParameters;
  /** See ContentDigest; 32 bytes. */
  readonly contentDigest: Uint8Array;
  /** See RowSum; 32 bytes. */
  readonly rowSum: Uint8Array;
  /** Undefined when no row has a revision. */
  readonly revisions: RevisionRange | undefined;
  /** Rising; none of them is empty. */
  readonly namespaces: readonly NamespaceProperties[];
}

export function encodeChunkProperties(properties: ChunkProperties): Uint8Array {
  const { origin, parameters, revisions } = properties;
  const writer = new ByteWriter().text(origin.clusterId).varint(origin.shard);
  writer.varint(origin.generations.length);
  for (const generation of origin.generations) writer.varint(generation);
  writer.varint(origin.inputs.length);
  for (const input of origin.inputs) writer.text(input);
  writer.text(origin.node).varint(origin.term);
  writer.varint(parameters.blockMaxBytes).varint(parameters.compressionLevel);
  writer.varint(parameters.dictionaryMaxBytes).varint(parameters.sampleBytes);
  writer.raw(properties.contentDigest).raw(properties.rowSum);
  writer.uint8(revisions === undefined ? 0 : 1);
  if (revisions !== undefined) writer.varint(revisions.first).varint(revisions.last);
  writer.varint(properties.namespaces.length);
  for (const one of properties.namespaces) {
    writer.uint8(one.namespace).varint(one.blockCount).varint(one.rowCount).varint(one.tombstoneCount);
    writer
      .varint(one.rawBytes)
      .varint(one.storedBytes)
      .uint8(one.hasFilter ? 1 : 0);
    writer.bytes(one.firstKey).bytes(one.lastKey);
  }
  return writer.finish();
}

/** @throws DecodeError */
export function decodeChunkProperties(bytes: Uint8Array): ChunkProperties {
  const reader = new ByteReader(bytes);
  const origin = readOrigin(reader);
  const parameters: ChunkParameters = {
    blockMaxBytes: reader.varint(),
    compressionLevel: reader.varint(),
    dictionaryMaxBytes: reader.varint(),
    sampleBytes: reader.varint(),
  };
  const contentDigest = reader.raw(rowSumBytes).slice();
  const rowSum = reader.raw(rowSumBytes).slice();
  const revisions = readBit(reader) ? { first: reader.varint(), last: reader.varint() } : undefined;
  const namespaces = readList(reader, () => readNamespace(reader));
  reader.end();
  for (const [i, one] of namespaces.entries()) {
    if (one.namespace <= (namespaces[i - 1]?.namespace ?? -1)) throw new DecodeError('namespaces do not rise');
  }
  return { origin, parameters, contentDigest, rowSum, revisions, namespaces };
}

function readOrigin(reader: ByteReader): ChunkOrigin {
  return {
    clusterId: reader.text(),
    shard: reader.varint(),
    generations: readList(reader, () => reader.varint()),
    inputs: readList(reader, () => reader.text()),
    node: reader.text(),
    term: reader.varint(),
  };
}

function readNamespace(reader: ByteReader): NamespaceProperties {
  const properties: NamespaceProperties = {
    namespace: reader.uint8(),
    blockCount: reader.varint(),
    rowCount: reader.varint(),
    tombstoneCount: reader.varint(),
    rawBytes: reader.varint(),
    storedBytes: reader.varint(),
    hasFilter: readBit(reader),
    firstKey: reader.bytes().slice(),
    lastKey: reader.bytes().slice(),
  };
  if (properties.blockCount === 0) throw new DecodeError(`namespace ${properties.namespace} without blocks`);
  return properties;
}

function readList<T>(reader: ByteReader, read: () => T): T[] {
  const count = reader.varint();
  if (count > chunkLimits.listMaxItems) throw new DecodeError(`list of ${count} items`);
  const items: T[] = [];
  for (let i = 0; i < count; i++) items.push(read());
  return items;
}

function readBit(reader: ByteReader): boolean {
  const bit = reader.uint8();
  if (bit > 1) throw new DecodeError(`flag is ${bit}`);
  return bit === 1;
}
