// SPDX-License-Identifier: Apache-2.0
import { ByteReader, DecodeError } from '@shortlink/common/byte-reader.ts';
import type { ChunkCodec } from '../chunk-codec.ts';
import { chunkLimits } from '../chunk-limits.ts';
import { IndexBlock } from '../index-rows/index-block.ts';
import { LinkBlock } from '../links/link-block.ts';
import type { ChunkModel } from '../tail/chunk-model.ts';
import { blockEncodings, type Block } from './block.ts';
import { readFrame } from './frame.ts';
import { RowBlock } from './row-block.ts';

export interface BlockContext {
  readonly codec: ChunkCodec;
  readonly model: ChunkModel;
  /** First byte of the keys. */
  readonly namespace: number;
  readonly rowCount: number;
  /** Keys and values of all rows. */
  readonly rawBytes: number;
}

/** @throws DecodeError; so may the methods of the block. */
export function decodeBlock(bytes: Uint8Array, context: BlockContext): Block {
  const { codec, model, namespace, rowCount } = context;
  const reader = new ByteReader(bytes);
  const encoding = reader.uint8();
  if (encoding === blockEncodings.links)
    return new LinkBlock(reader, rowCount, { codec, model: model.links, namespace });
  if (encoding === blockEncodings.indexRows) return new IndexBlock(reader, rowCount, { codec, namespace });
  if (encoding !== blockEncodings.rows) throw new DecodeError(`block of unknown encoding ${encoding}`);
  const frame = { codec, maxBytes: chunkLimits.blockMaxRawBytes, dictionary: model.rowDictionary };
  const payload = readFrame(reader, frame);
  reader.end();
  return new RowBlock(payload, context);
}
