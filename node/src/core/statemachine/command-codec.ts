// SPDX-License-Identifier: Apache-2.0
import { ByteReader, DecodeError } from '@shortlink/common/byte-reader.ts';
import { ByteWriter } from '@shortlink/common/byte-writer.ts';
import { fromHex, toHex } from '@shortlink/common/bytes.ts';
import { commandProblem, dedupKeyBytes, fingerprintBytes } from './command-problem.ts';
import type {
  ColdSight,
  Command,
  CreateLink,
  CreateLinks,
  Dedup,
  KvOperation,
  LifecycleCommand,
  UpdateLink,
} from './commands.ts';
import { readLifecycleCommand, writeLifecycleCommand } from './lifecycle-command-codec.ts';
import { expectVersion, readFlag, readOptional, writeFlag, writeOptional } from './wire-fields.ts';

const formatVersion = 2;

/** Numbers of the types on the wire and in logs: never change one, never use one again. */
const types = {
  createLink: 1,
  updateLink: 2,
  deleteLink: 3,
  collectExpired: 4,
  kvPut: 5,
  kvDelete: 6,
  kvBatch: 7,
  stateHashCheck: 8,
  upload: 9,
  digest: 10,
  exported: 11,
  readback: 12,
  redistribute: 13,
  holdings: 14,
  retire: 15,
  forget: 16,
  createLinks: 17,
  merge: 18,
  merged: 19,
  replace: 20,
  mergeAbandoned: 21,
} as const satisfies Record<Command['type'], number>;

/** One command by itself, as nodes forward it to each other. */
export function encodeCommand(command: Command): Uint8Array {
  const writer = new ByteWriter().uint8(formatVersion);
  writeCommand(writer, command);
  return writer.finish();
}

/** @throws DecodeError, also for what breaks a limit: nothing invalid comes in from another node. */
export function decodeCommand(bytes: Uint8Array): Command {
  const reader = new ByteReader(bytes);
  expectVersion(reader, formatVersion, 'command');
  const command = readCommand(reader, commandProblem);
  reader.end();
  return command;
}

export function writeCommand(writer: ByteWriter, command: Command): void {
  writer.uint8(types[command.type]);
  switch (command.type) {
    case 'createLink':
      return writeCreate(writer, command);
    case 'createLinks':
      return writeCreates(writer, command);
    case 'updateLink':
      return writeUpdate(writer, command);
    case 'deleteLink':
      writeDedup(writer, command.dedup);
      writer.text(command.code);
      writeNumber(writer, command.ifRevision);
      return writeCold(writer, command.cold);
    case 'collectExpired':
      writer.text(command.code).varint(command.revision).varint(command.expiresAtMs);
      return;
    case 'kvPut':
      writeDedup(writer, command.dedup);
      writer.bytes(command.key).bytes(command.value);
      writeNumber(writer, command.ifRevision);
      return writeCold(writer, command.cold);
    case 'kvDelete':
      writeDedup(writer, command.dedup);
      writer.bytes(command.key);
      writeNumber(writer, command.ifRevision);
      return writeCold(writer, command.cold);
    case 'kvBatch':
      writeDedup(writer, command.dedup);
      writer.varint(command.operations.length);
      for (const operation of command.operations) writeOperation(writer, operation);
      return;
    case 'stateHashCheck':
      writer.varint(command.index).raw(fromHex(command.hash));
      return;
    default:
      return writeLifecycleCommand(writer, command);
  }
}

/** `problemOf`: what is checked of it beside its form. @throws DecodeError */
export function readCommand(reader: ByteReader, problemOf: (command: Command) => string | undefined): Command {
  const command = readFields(reader, reader.uint8());
  const problem = problemOf(command);
  if (problem !== undefined) throw new DecodeError(`${command.type}: ${problem}`);
  return command;
}

function readFields(reader: ByteReader, type: number): Command {
  switch (type) {
    case types.createLink:
      return readCreate(reader);
    case types.createLinks:
      return readCreates(reader);
    case types.updateLink:
      return readUpdate(reader);
    case types.deleteLink:
      return {
        type: 'deleteLink',
        dedup: readDedup(reader),
        code: reader.text(),
        ifRevision: readNumber(reader),
        cold: readCold(reader),
      };
    case types.collectExpired:
      return {
        type: 'collectExpired',
        code: reader.text(),
        revision: reader.varint(),
        expiresAtMs: reader.varint(),
      };
    case types.kvPut:
      return {
        type: 'kvPut',
        dedup: readDedup(reader),
        key: reader.bytes(),
        value: reader.bytes(),
        ifRevision: readNumber(reader),
        cold: readCold(reader),
      };
    case types.kvDelete:
      return {
        type: 'kvDelete',
        dedup: readDedup(reader),
        key: reader.bytes(),
        ifRevision: readNumber(reader),
        cold: readCold(reader),
      };
    case types.kvBatch:
      return { type: 'kvBatch', dedup: readDedup(reader), operations: readOperations(reader) };
    case types.stateHashCheck:
      return { type: 'stateHashCheck', index: reader.varint(), hash: toHex(reader.raw(8)) };
    default:
      return readLifecycle(reader, type);
  }
}

/** Complete: TypeScript refuses a type that is not here. */
const lifecycleNumbers: Readonly<Record<LifecycleCommand['type'], number>> = {
  upload: types.upload,
  digest: types.digest,
  exported: types.exported,
  readback: types.readback,
  redistribute: types.redistribute,
  holdings: types.holdings,
  retire: types.retire,
  forget: types.forget,
  merge: types.merge,
  merged: types.merged,
  replace: types.replace,
  mergeAbandoned: types.mergeAbandoned,
};
const lifecycleTypes = new Map(
  Object.entries(lifecycleNumbers).map(([type, number]) => [number, type as LifecycleCommand['type']]),
);

function readLifecycle(reader: ByteReader, number: number): Command {
  const type = lifecycleTypes.get(number);
  if (type === undefined) throw new DecodeError(`command of unknown type ${number}`);
  return readLifecycleCommand(reader, type);
}

function writeCold(writer: ByteWriter, cold: ColdSight | undefined): void {
  writeOptional(writer, cold, ({ version, prior }) => {
    writer.varint(version);
    writeOptional(writer, prior, (row) => writer.bytes(row));
  });
}

function readCold(reader: ByteReader): ColdSight | undefined {
  return readOptional(reader, () => ({
    version: reader.varint(),
    prior: readOptional(reader, () => reader.bytes()),
  }));
}

function writeCreate(writer: ByteWriter, command: CreateLink): void {
  writeDedup(writer, command.dedup);
  writeOptional(writer, command.code, (code) => writer.text(code));
  writeFlag(writer, command.generated);
  writer.varint(command.codeLength).text(command.url).text(command.creatorId);
  writeNumber(writer, command.expiresAtMs);
  writeFlag(writer, command.reuseDeadCodes);
  writeCold(writer, command.cold);
}

function readCreate(reader: ByteReader): CreateLink {
  return {
    type: 'createLink',
    dedup: readDedup(reader),
    code: readOptional(reader, () => reader.text()),
    generated: readFlag(reader),
    codeLength: reader.varint(),
    url: reader.text(),
    creatorId: reader.text(),
    expiresAtMs: readNumber(reader),
    reuseDeadCodes: readFlag(reader),
    cold: readCold(reader),
  };
}

function writeCreates(writer: ByteWriter, command: CreateLinks): void {
  writeDedup(writer, command.dedup);
  writer.varint(command.codeLength).varint(command.count).bytes(command.rows);
  writeOptional(writer, command.codes, (codes) => writer.bytes(codes));
  writeNumber(writer, command.coldVersion);
}

function readCreates(reader: ByteReader): CreateLinks {
  return {
    type: 'createLinks',
    dedup: readDedup(reader),
    codeLength: reader.varint(),
    count: reader.varint(),
    rows: reader.bytes(),
    codes: readOptional(reader, () => reader.bytes()),
    coldVersion: readNumber(reader),
  };
}

function writeUpdate(writer: ByteWriter, command: UpdateLink): void {
  writeDedup(writer, command.dedup);
  writer.text(command.code);
  writeOptional(writer, command.url, (url) => writer.text(url));
  writeOptional(writer, command.expiresAtMs, (expiry) => writeNumber(writer, expiry ?? undefined));
  writeOptional(writer, command.disabled, (disabled) => writeFlag(writer, disabled));
  writeNumber(writer, command.ifRevision);
  writeCold(writer, command.cold);
}

function readUpdate(reader: ByteReader): UpdateLink {
  return {
    type: 'updateLink',
    dedup: readDedup(reader),
    code: reader.text(),
    url: readOptional(reader, () => reader.text()),
    expiresAtMs: readOptional(reader, () => readNumber(reader) ?? null),
    disabled: readOptional(reader, () => readFlag(reader)),
    ifRevision: readNumber(reader),
    cold: readCold(reader),
  };
}

function writeOperation(writer: ByteWriter, operation: KvOperation): void {
  writer.bytes(operation.key);
  writeOptional(writer, operation.value, (value) => writer.bytes(value));
  writeNumber(writer, operation.ifRevision);
  writeCold(writer, operation.cold);
}

function readOperations(reader: ByteReader): KvOperation[] {
  const operations: KvOperation[] = [];
  const count = reader.varint();
  for (let i = 0; i < count; i++) {
    const key = reader.bytes();
    const value = readOptional(reader, () => reader.bytes());
    operations.push({ key, value, ifRevision: readNumber(reader), cold: readCold(reader) });
  }
  return operations;
}

function writeDedup(writer: ByteWriter, dedup: Dedup): void {
  writer.raw(dedup.key).raw(dedup.fingerprint);
}

function readDedup(reader: ByteReader): Dedup {
  return { key: reader.raw(dedupKeyBytes), fingerprint: reader.raw(fingerprintBytes) };
}

function writeNumber(writer: ByteWriter, value: number | undefined): void {
  writeOptional(writer, value, (number) => writer.varint(number));
}

function readNumber(reader: ByteReader): number | undefined {
  return readOptional(reader, () => reader.varint());
}
