// SPDX-License-Identifier: Apache-2.0

/** A SHA-256 that takes its input piece by piece. */
export interface Sha256 {
  update(bytes: Uint8Array): void;
  /** 32 bytes; the last call. */
  digest(): Uint8Array;
}

export interface CompressOptions {
  /** Level of zstd, 1 to 19. */
  readonly level: number;
  /** Raw content that both sides know. */
  readonly dictionary: Uint8Array | undefined;
}

/** What the chunk format needs and pure code does not have: native compression and checksums. All of it is deterministic. */
export interface ChunkCodec {
  /** One zstd frame (RFC 8878) without a checksum of its own. */
  compress(bytes: Uint8Array, options: CompressOptions): Uint8Array;
  /** @throws DecodeError unless `bytes` is a whole frame of exactly `rawLength` bytes. Never allocates much more than those. */
  decompress(bytes: Uint8Array, rawLength: number, dictionary: Uint8Array | undefined): Uint8Array;
  /** CRC-32 of IEEE 802.3, as in zip and PNG; unsigned. */
  crc32(bytes: Uint8Array): number;
  sha256(): Sha256;
  /** SHA-256 of one short input, 32 bytes. */
  sha256Of(bytes: Uint8Array): Uint8Array;
}
