// SPDX-License-Identifier: Apache-2.0
import { unreachable } from '@shortlink/common/assert.ts';
import type { ByteReader } from '@shortlink/common/byte-reader.ts';
import type { ByteWriter } from '@shortlink/common/byte-writer.ts';
import { fromHex, toHex } from '@shortlink/common/bytes.ts';
import {
  readChunkFormat,
  readChunkObject,
  readDroppedRows,
  readList,
  readPlacement,
  readTexts,
  writeChunkFormat,
  writeChunkObject,
  writeDroppedRows,
  writePlacement,
  writeTexts,
} from '../lifecycle/codec.ts';
import type { LifecycleCommand } from './commands.ts';
import { readOptional, writeOptional } from './wire-fields.ts';

/** The fields behind the number of the type. */
export function writeLifecycleCommand(writer: ByteWriter, command: LifecycleCommand): void {
  switch (command.type) {
    case 'upload':
      writer.varint(command.generation);
      return writeChunkFormat(writer, command.format);
    case 'digest':
      writer.varint(command.generation).varint(command.replica).bytes(fromHex(command.digest));
      return;
    case 'exported':
      writer.varint(command.generation);
      writeChunkObject(writer, command.object);
      return writeOptional(writer, command.replaces, (name) => writer.text(name));
    case 'readback':
      writer.varint(command.generation).text(command.object);
      return writeOptional(writer, command.digest, (digest) => writer.bytes(fromHex(digest)));
    case 'redistribute':
      writer.varint(command.generation).text(command.object);
      return writePlacement(writer, command.placement);
    case 'holdings':
      writer.text(command.node);
      writeTexts(writer, command.holds);
      writeTexts(writer, command.drops);
      return writePlacement(writer, command.placement);
    case 'retire':
      writer.varint(command.generation).text(command.object).varint(command.chunkSetVersion);
      return;
    case 'forget':
      return writeTexts(writer, command.objects);
    case 'merge':
      writer.text(command.node);
      writeTexts(writer, command.inputs);
      writer.varint(command.chunkSetVersion);
      return;
    case 'merged':
      writer.varint(command.merge).varint(command.outputs.length);
      for (const output of command.outputs) writeChunkObject(writer, output);
      return writeDroppedRows(writer, command.dropped);
    case 'replace':
      writer.varint(command.merge).text(command.node);
      return writePlacement(writer, command.placement);
    case 'mergeAbandoned':
      writer.varint(command.merge);
      return;
    default:
      return unreachable(command);
  }
}

/** @throws DecodeError */
export function readLifecycleCommand(reader: ByteReader, type: LifecycleCommand['type']): LifecycleCommand {
  switch (type) {
    case 'upload':
      return { type, generation: reader.varint(), format: readChunkFormat(reader) };
    case 'digest':
      return { type, generation: reader.varint(), replica: reader.varint(), digest: toHex(reader.bytes()) };
    case 'exported':
      return {
        type,
        generation: reader.varint(),
        object: readChunkObject(reader),
        replaces: readOptional(reader, () => reader.text()),
      };
    case 'readback':
      return {
        type,
        generation: reader.varint(),
        object: reader.text(),
        digest: readOptional(reader, () => toHex(reader.bytes())),
      };
    case 'redistribute':
      return { type, generation: reader.varint(), object: reader.text(), placement: readPlacement(reader) };
    case 'holdings':
      return {
        type,
        node: reader.text(),
        holds: readTexts(reader),
        drops: readTexts(reader),
        placement: readPlacement(reader),
      };
    case 'retire':
      return { type, generation: reader.varint(), object: reader.text(), chunkSetVersion: reader.varint() };
    case 'forget':
      return { type, objects: readTexts(reader) };
    case 'merge':
      return { type, node: reader.text(), inputs: readTexts(reader), chunkSetVersion: reader.varint() };
    case 'merged':
      return {
        type,
        merge: reader.varint(),
        outputs: readList(reader, () => readChunkObject(reader)),
        dropped: readDroppedRows(reader),
      };
    case 'replace':
      return { type, merge: reader.varint(), node: reader.text(), placement: readPlacement(reader) };
    case 'mergeAbandoned':
      return { type, merge: reader.varint() };
    default:
      return unreachable(type);
  }
}
