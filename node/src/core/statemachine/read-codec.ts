// SPDX-License-Identifier: Apache-2.0
import { unreachable } from '@shortlink/common/assert.ts';
import { ByteReader, DecodeError } from '@shortlink/common/byte-reader.ts';
import { ByteWriter } from '@shortlink/common/byte-writer.ts';
import { readLifecycleView, writeLifecycleView } from '../lifecycle/view-codec.ts';
import type { Link } from './commands.ts';
import type { KvRow, ReadOp, ReadResult } from './reads.ts';
import { readDeadReason, readLink, writeDeadReason, writeLink } from './result-codec.ts';
import { expectVersion, readFlag, readOptional, writeFlag, writeOptional } from './wire-fields.ts';

const formatVersion = 1;

/** Numbers on the wire between nodes: never change one, never use one again. */
const operationTypes = { link: 1, links: 2, kvGet: 3, kvRange: 4, lifecycle: 5 } as const satisfies Record<
  ReadOp['type'],
  number
>;
const resultKinds = {
  link: 1,
  notFound: 2,
  gone: 3,
  links: 4,
  kv: 5,
  kvRange: 6,
  lifecycle: 7,
} as const satisfies Record<ReadResult['kind'], number>;

export function encodeReadOp(operation: ReadOp): Uint8Array {
  const writer = new ByteWriter().uint8(formatVersion).uint8(operationTypes[operation.type]);
  switch (operation.type) {
    case 'link':
      writer.text(operation.code);
      break;
    case 'links':
      writer.text(operation.creatorId).varint(operation.afterRevision).varint(operation.limit);
      break;
    case 'kvGet':
      writer.bytes(operation.key);
      break;
    case 'lifecycle':
      writer.varint(operation.knownVersion);
      break;
    case 'kvRange':
      writer.bytes(operation.gte);
      writeOptional(writer, operation.lt, (lt) => writer.bytes(lt));
      writeFlag(writer, operation.reverse);
      writer.varint(operation.limit).varint(operation.maxBytes);
      writeFlag(writer, operation.keysOnly);
      break;
    default:
      unreachable(operation);
  }
  return writer.finish();
}

/** @throws DecodeError */
export function decodeReadOp(bytes: Uint8Array): ReadOp {
  const reader = new ByteReader(bytes);
  expectVersion(reader, formatVersion, 'read operation');
  const operation = readOperation(reader);
  reader.end();
  return operation;
}

function readOperation(reader: ByteReader): ReadOp {
  const type = reader.uint8();
  switch (type) {
    case operationTypes.link:
      return { type: 'link', code: reader.text() };
    case operationTypes.links:
      return {
        type: 'links',
        creatorId: reader.text(),
        afterRevision: reader.varint(),
        limit: readPositive(reader, 'limit'),
      };
    case operationTypes.kvGet:
      return { type: 'kvGet', key: reader.bytes() };
    case operationTypes.lifecycle:
      return { type: 'lifecycle', knownVersion: reader.varint() };
    case operationTypes.kvRange:
      return {
        type: 'kvRange',
        gte: reader.bytes(),
        lt: readOptional(reader, () => reader.bytes()),
        reverse: readFlag(reader),
        limit: readPositive(reader, 'limit'),
        maxBytes: readPositive(reader, 'maxBytes'),
        keysOnly: readFlag(reader),
      };
    default:
      throw new DecodeError(`read operation of unknown type ${type}`);
  }
}

function readPositive(reader: ByteReader, field: string): number {
  const value = reader.varint();
  if (value === 0) throw new DecodeError(`${field} is 0`);
  return value;
}

export function encodeReadResult(result: ReadResult): Uint8Array {
  const writer = new ByteWriter().uint8(formatVersion).uint8(resultKinds[result.kind]);
  switch (result.kind) {
    case 'link':
      writeLink(writer, result.link);
      break;
    case 'notFound':
      break;
    case 'lifecycle':
      writeLifecycleView(writer, result.view);
      break;
    case 'gone':
      writeDeadReason(writer, result.reason);
      break;
    case 'links':
      writer.varint(result.links.length);
      for (const link of result.links) writeLink(writer, link);
      writeOptional(writer, result.nextRevision, (revision) => writer.varint(revision));
      break;
    case 'kv':
      writeOptional(writer, result.row, (row) => writeRow(writer, row));
      writer.varint(result.shardRevision);
      break;
    case 'kvRange':
      writer.varint(result.rows.length);
      for (const row of result.rows) writeRow(writer, row);
      writeFlag(writer, result.more);
      writer.varint(result.shardRevision);
      break;
    default:
      unreachable(result);
  }
  return writer.finish();
}

/** @throws DecodeError */
export function decodeReadResult(bytes: Uint8Array): ReadResult {
  const reader = new ByteReader(bytes);
  expectVersion(reader, formatVersion, 'read result');
  const result = readResult(reader);
  reader.end();
  return result;
}

function readResult(reader: ByteReader): ReadResult {
  const kind = reader.uint8();
  switch (kind) {
    case resultKinds.link:
      return { kind: 'link', link: readLink(reader) };
    case resultKinds.notFound:
      return { kind: 'notFound' };
    case resultKinds.lifecycle:
      return { kind: 'lifecycle', view: readLifecycleView(reader) };
    case resultKinds.gone:
      return { kind: 'gone', reason: readDeadReason(reader) };
    case resultKinds.links: {
      const links: Link[] = readList(reader, readLink);
      return { kind: 'links', links, nextRevision: readOptional(reader, () => reader.varint()) };
    }
    case resultKinds.kv: {
      const row = readOptional(reader, () => readRow(reader));
      return { kind: 'kv', row, shardRevision: reader.varint() };
    }
    case resultKinds.kvRange: {
      const rows = readList(reader, readRow);
      return { kind: 'kvRange', rows, more: readFlag(reader), shardRevision: reader.varint() };
    }
    default:
      throw new DecodeError(`read result of unknown kind ${kind}`);
  }
}

function readList<T>(reader: ByteReader, read: (reader: ByteReader) => T): T[] {
  const items: T[] = [];
  const count = reader.varint();
  for (let i = 0; i < count; i++) items.push(read(reader));
  return items;
}

function writeRow(writer: ByteWriter, row: KvRow): void {
  writer.bytes(row.key).bytes(row.value).varint(row.createRevision).varint(row.revision).varint(row.version);
}

function readRow(reader: ByteReader): KvRow {
  return {
    key: reader.bytes(),
    value: reader.bytes(),
    createRevision: reader.varint(),
    revision: reader.varint(),
    version: reader.varint(),
  };
}
