// SPDX-License-Identifier: Apache-2.0
import { ByteReader, DecodeError } from '@shortlink/common/byte-reader.ts';
import { ByteWriter } from '@shortlink/common/byte-writer.ts';
import { equalBytes, utf8 } from '@shortlink/common/bytes.ts';
import type { ChunkCodec } from '../chunk-codec.ts';

export const chunkFormatVersion = 1;

/** The last bytes of every chunk. */
const magic = utf8('SLchunk\n');
/** Four lengths, three checksums, the length of the chunk, version, checksum of the footer, magic. */
export const footerBytes = 4 * 4 + 3 * 4 + 8 + 4 + 4 + 8;

/** A part of the tail. */
export interface SectionEntry {
  readonly bytes: number;
  readonly crc: number;
}

/** The parts of the tail, in their order: model, filter, index, properties, and the footer itself. */
export interface ChunkFooter {
  readonly model: SectionEntry;
  /** Its parts have their checksums in the index. */
  readonly filterBytes: number;
  readonly index: SectionEntry;
  readonly properties: SectionEntry;
  /** Of the whole chunk. */
  readonly chunkBytes: number;
}

export function tailBytesOf({ model, filterBytes, index, properties }: ChunkFooter): number {
  return model.bytes + filterBytes + index.bytes + properties.bytes + footerBytes;
}

export function encodeFooter(footer: ChunkFooter, codec: ChunkCodec): Uint8Array {
  const writer = new ByteWriter();
  writer
    .uint32(footer.model.bytes)
    .uint32(footer.filterBytes)
    .uint32(footer.index.bytes)
    .uint32(footer.properties.bytes);
  writer.uint32(footer.model.crc).uint32(footer.index.crc).uint32(footer.properties.crc);
  writer.uint64(footer.chunkBytes).uint32(chunkFormatVersion);
  return writer.uint32(codec.crc32(writer.view())).raw(magic).finish();
}

/** `bytes`: the last `footerBytes` of a chunk. @throws DecodeError */
export function decodeFooter(bytes: Uint8Array, codec: ChunkCodec): ChunkFooter {
  if (bytes.length !== footerBytes) throw new DecodeError(`footer of ${bytes.length} bytes instead of ${footerBytes}`);
  const checked = footerBytes - magic.length - 4;
  if (!equalBytes(bytes.subarray(footerBytes - magic.length), magic))
    throw new DecodeError('this is no chunk, or its end is missing');
  const reader = new ByteReader(bytes);
  const [model = 0, filterBytes = 0, index = 0, properties = 0] = Array.from({ length: 4 }, () => reader.uint32());
  const [modelCrc = 0, indexCrc = 0, propertiesCrc = 0] = Array.from({ length: 3 }, () => reader.uint32());
  const chunkBytes = reader.uint64();
  const version = reader.uint32();
  if (reader.uint32() !== codec.crc32(bytes.subarray(0, checked))) throw new DecodeError('checksum of the footer');
  if (version !== chunkFormatVersion) throw new DecodeError(`chunk of unknown version ${version}`);
  return {
    model: { bytes: model, crc: modelCrc },
    filterBytes,
    index: { bytes: index, crc: indexCrc },
    properties: { bytes: properties, crc: propertiesCrc },
    chunkBytes,
  };
}
