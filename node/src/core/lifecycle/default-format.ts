// SPDX-License-Identifier: Apache-2.0
import { defaultChunkParameters } from '../chunk/chunk-parameters.ts';
import { chunkFormatVersion } from '../chunk/tail/chunk-footer.ts';
import type { ChunkFormat } from './types.ts';

/** What an UPLOAD asks for, whoever proposes it: the leader by itself, or a person. */
export const defaultChunkFormat: ChunkFormat = { version: chunkFormatVersion, ...defaultChunkParameters };
