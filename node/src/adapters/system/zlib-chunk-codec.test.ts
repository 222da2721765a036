// SPDX-License-Identifier: Apache-2.0
import { describeChunkCodecContract } from '../../ports/testing/chunk-codec-contract.ts';
import { zlibChunkCodec } from './zlib-chunk-codec.ts';

describeChunkCodecContract('zlibChunkCodec', zlibChunkCodec);
