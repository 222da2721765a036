// SPDX-License-Identifier: Apache-2.0
import { defaultChunkParameters } from '../../chunk/chunk-parameters.ts';
import type { ChunkFormat } from '../types.ts';

export const chunkFormat: ChunkFormat = { version: 1, ...defaultChunkParameters };
