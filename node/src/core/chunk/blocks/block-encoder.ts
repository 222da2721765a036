// SPDX-License-Identifier: Apache-2.0
import { namespaces } from '../../statemachine/keys.ts';
import type { ChunkParameters } from '../chunk-parameters.ts';
import type { ChunkRow } from '../chunk-row.ts';
import { encodeIndexBlock } from '../index-rows/index-block-encoder.ts';
import { isIndexNamespace } from '../index-rows/index-row-parts.ts';
import { encodeLinkBlock } from '../links/link-block-encoder.ts';
import type { WritableLinkModel } from '../links/link-model.ts';
import { trainLinkModel } from '../links/train-link-model.ts';
import type { WritableChunkModel } from '../tail/chunk-model.ts';
import { chooseDictionary } from './choose-dictionary.ts';
import type { Compression } from './frame.ts';
import { encodeRowBlock, rowBlockPayload } from './row-block-encoder.ts';

/** Turns the rows of blocks into bytes. Links, and then pairs, teach it first how they are best written. */
export class BlockEncoder {
  readonly #compression: Compression;
  readonly #parameters: ChunkParameters;
  #links: WritableLinkModel | undefined;
  #rowDictionary: Uint8Array | undefined;

  constructor(compression: Compression, parameters: ChunkParameters) {
    this.#compression = compression;
    this.#parameters = parameters;
  }

  /** Whether `train` is to be called before the first block of the namespace is encoded. */
  static learns(namespace: number): boolean {
    return namespace === namespaces.link || namespace === namespaces.kv;
  }

  /** `blocks`: the first ones of the namespace. */
  train(namespace: number, blocks: readonly (readonly ChunkRow[])[]): void {
    const parameters = this.#parameters;
    if (namespace === namespaces.link) {
      this.#links = trainLinkModel(blocks.flat(), { compression: this.#compression, parameters });
    } else {
      const { dictionaryMaxBytes } = parameters;
      this.#rowDictionary = chooseDictionary(blocks.map(rowBlockPayload), dictionaryMaxBytes, this.#compression);
    }
  }

  encode(namespace: number, rows: readonly ChunkRow[]): Uint8Array {
    if (namespace === namespaces.link && this.#links !== undefined)
      return encodeLinkBlock(rows, this.#links, this.#compression);
    if (isIndexNamespace(namespace)) return encodeIndexBlock(rows, this.#compression);
    return encodeRowBlock(rows, this.#compression, this.#rowDictionary);
  }

  /** What a reader needs for all blocks that were encoded. */
  model(): WritableChunkModel {
    return { links: this.#links, rowDictionary: this.#rowDictionary };
  }
}
