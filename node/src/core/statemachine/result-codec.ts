// SPDX-License-Identifier: Apache-2.0
import { unreachable } from '@shortlink/common/assert.ts';
import { ByteReader, DecodeError } from '@shortlink/common/byte-reader.ts';
import { ByteWriter } from '@shortlink/common/byte-writer.ts';
import { readTexts, writeTexts } from '../lifecycle/codec.ts';
import { ignoreReasons } from '../lifecycle/transitions.ts';
import { notCreatedReasons } from './commands.ts';
import type { CommandResult, CreatedLinks, DeadReason, Link, LinkNotCreated } from './commands.ts';
import { expectVersion, readFlag, readName, readOptional, writeFlag, writeOptional } from './wire-fields.ts';

const formatVersion = 1;
const deadReasons: readonly DeadReason[] = ['deleted', 'expired'];
const lifecycleVerdicts = ['done', ...ignoreReasons] as const;
const verdicts = ['equal', 'different', 'unknown'] as const;

/** Numbers of the kinds on the wire and in idempotency rows: never change one, never use one again. */
const kinds = {
  link: 1,
  deleted: 2,
  taken: 3,
  redraw: 4,
  notFound: 5,
  gone: 6,
  revisionMismatch: 7,
  idempotencyMismatch: 8,
  kv: 9,
  kvBatch: 10,
  kvBatchMismatch: 11,
  collected: 12,
  nothing: 13,
  stateHash: 14,
  lookAgain: 15,
  lifecycle: 16,
  holdings: 17,
  linksCreated: 18,
} as const satisfies Record<CommandResult['kind'], number>;

export function encodeResult(result: CommandResult): Uint8Array {
  const writer = new ByteWriter().uint8(formatVersion);
  writeResult(writer, result);
  return writer.finish();
}

/** @throws DecodeError */
export function decodeResult(bytes: Uint8Array): CommandResult {
  const reader = new ByteReader(bytes);
  expectVersion(reader, formatVersion, 'result');
  const result = readResult(reader);
  reader.end();
  return result;
}

export function writeResult(writer: ByteWriter, result: CommandResult): void {
  writer.uint8(kinds[result.kind]);
  switch (result.kind) {
    case 'link':
      return writeLink(writer, result.link);
    case 'linksCreated':
      return writeCreatedLinks(writer, result.created);
    case 'taken':
      return writeFlag(writer, result.dead);
    case 'gone':
      return writeDeadReason(writer, result.reason);
    case 'deleted':
    case 'kvBatch':
      writer.varint(result.revision);
      return;
    case 'revisionMismatch':
      writer.varint(result.actual);
      return;
    case 'kv':
      writer.varint(result.revision);
      return writeFlag(writer, result.existed);
    case 'kvBatchMismatch':
      writer.varint(result.operation).varint(result.actual);
      return;
    case 'stateHash':
      writer.uint8(verdicts.indexOf(result.verdict));
      return;
    case 'lifecycle':
      writer.uint8(lifecycleVerdicts.indexOf(result.verdict));
      return;
    case 'holdings':
      return writeTexts(writer, result.kept);
    case 'redraw':
    case 'lookAgain':
    case 'notFound':
    case 'idempotencyMismatch':
    case 'collected':
    case 'nothing':
      return;
    default:
      unreachable(result);
  }
}

/** @throws DecodeError */
export function readResult(reader: ByteReader): CommandResult {
  const kind = reader.uint8();
  switch (kind) {
    case kinds.link:
      return { kind: 'link', link: readLink(reader) };
    case kinds.linksCreated:
      return { kind: 'linksCreated', created: readCreatedLinks(reader) };
    case kinds.deleted:
      return { kind: 'deleted', revision: reader.varint() };
    case kinds.taken:
      return { kind: 'taken', dead: readFlag(reader) };
    case kinds.redraw:
      return { kind: 'redraw' };
    case kinds.notFound:
      return { kind: 'notFound' };
    case kinds.gone:
      return { kind: 'gone', reason: readDeadReason(reader) };
    case kinds.revisionMismatch:
      return { kind: 'revisionMismatch', actual: reader.varint() };
    case kinds.idempotencyMismatch:
      return { kind: 'idempotencyMismatch' };
    case kinds.kv:
      return { kind: 'kv', revision: reader.varint(), existed: readFlag(reader) };
    case kinds.kvBatch:
      return { kind: 'kvBatch', revision: reader.varint() };
    case kinds.kvBatchMismatch:
      return { kind: 'kvBatchMismatch', operation: reader.varint(), actual: reader.varint() };
    case kinds.collected:
      return { kind: 'collected' };
    case kinds.nothing:
      return { kind: 'nothing' };
    case kinds.stateHash:
      return { kind: 'stateHash', verdict: readName(reader, verdicts) };
    case kinds.lookAgain:
      return { kind: 'lookAgain' };
    case kinds.lifecycle:
      return { kind: 'lifecycle', verdict: readName(reader, lifecycleVerdicts) };
    case kinds.holdings:
      return { kind: 'holdings', kept: readTexts(reader) };
    default:
      throw new DecodeError(`result of unknown kind ${kind}`);
  }
}

function writeCreatedLinks(writer: ByteWriter, created: CreatedLinks): void {
  writer.varint(created.codeLength).bytes(created.codes).varint(created.createdAtMs).varint(created.firstRevision);
  writer.varint(created.notCreated.length);
  for (const { row, reason } of created.notCreated) writer.varint(row).uint8(notCreatedReasons.indexOf(reason));
}

function readCreatedLinks(reader: ByteReader): CreatedLinks {
  const codeLength = reader.varint();
  const codes = reader.bytes();
  const createdAtMs = reader.varint();
  const firstRevision = reader.varint();
  const notCreated: LinkNotCreated[] = [];
  const count = reader.varint();
  for (let i = 0; i < count; i++) {
    notCreated.push({ row: reader.varint(), reason: readName(reader, notCreatedReasons) });
  }
  return { codes, codeLength, createdAtMs, firstRevision, notCreated };
}

export function writeDeadReason(writer: ByteWriter, reason: DeadReason): void {
  writer.uint8(deadReasons.indexOf(reason));
}

export function readDeadReason(reader: ByteReader): DeadReason {
  return readName(reader, deadReasons);
}

export function writeLink(writer: ByteWriter, link: Link): void {
  writer.text(link.code).text(link.url).text(link.creatorId).varint(link.createdAtMs).varint(link.updatedAtMs);
  writeOptional(writer, link.expiresAtMs, (expiry) => writer.varint(expiry));
  writeFlag(writer, link.disabled);
  writer.varint(link.createRevision).varint(link.revision);
}

export function readLink(reader: ByteReader): Link {
  return {
    code: reader.text(),
    url: reader.text(),
    creatorId: reader.text(),
    createdAtMs: reader.varint(),
    updatedAtMs: reader.varint(),
    expiresAtMs: readOptional(reader, () => reader.varint()),
    disabled: readFlag(reader),
    createRevision: reader.varint(),
    revision: reader.varint(),
  };
}
