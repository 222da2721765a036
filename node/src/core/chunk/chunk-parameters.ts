// SPDX-License-Identifier: Apache-2.0

/** How a chunk is built. Equal rows and parameters give equal bytes, with the same zstd. */
export interface ChunkParameters {
  /** A block takes rows while their keys and values, and a few bytes for each, stay below. */
  readonly blockMaxBytes: number;
  /** Level of zstd, 1 to 19. */
  readonly compressionLevel: number;
  /** Bytes of a dictionary at most; 0: none. */
  readonly dictionaryMaxBytes: number;
  /** Keys and values of links, and of pairs, that are held back to learn from. */
  readonly sampleBytes: number;
}

/** Measured with real URLs, see docs/spec/chunk-format.md: higher levels and larger dictionaries gain 1 %. */
export const defaultChunkParameters: ChunkParameters = {
  blockMaxBytes: 32 * 1024 - 256,
  compressionLevel: 9,
  dictionaryMaxBytes: 64 * 1024,
  sampleBytes: 8 * 1024 * 1024,
};
