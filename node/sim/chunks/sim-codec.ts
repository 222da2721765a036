// SPDX-License-Identifier: Apache-2.0
import { zlibChunkCodec } from '../../src/adapters/system/zlib-chunk-codec.ts';
import type { ChunkCodec } from '../../src/core/chunk/chunk-codec.ts';

/** Compression and digests are functions of their input: the simulator takes those of production. */
export const simCodec: ChunkCodec = zlibChunkCodec;
