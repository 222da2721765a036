// SPDX-License-Identifier: Apache-2.0
import type { ChunkFormat } from './types.ts';

/** What an UPLOAD asks for, whoever proposes it: the leader by itself, or a person. */
export const defaultChunkFormat: ChunkFormat = { version: 1, blockBytes: 32 * 1024 - 256, zstdLevel: 9 };
