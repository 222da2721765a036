// SPDX-License-Identifier: Apache-2.0
import { utf8 } from '@shortlink/common/bytes.ts';
import { encodeIndexRow } from '../../statemachine/index-row.ts';
import { creatorIndexSuffix, namespaces } from '../../statemachine/keys.ts';
import { defaultChunkParameters } from '../chunk-parameters.ts';
import type { ChunkRow } from '../chunk-row.ts';
import { buildChunk, type BuiltChunk } from './chunks.ts';
import { deadRow, kvRow, linkRow, rowKey } from './state-rows.ts';

const createdAtMs = Date.UTC(2026, 0, 1);

/** The rows of the worked example of docs/spec/chunk-format.md: a link, a dead one, an index row and a pair. */
export const exampleRows: readonly ChunkRow[] = [
  linkRow({
    code: '0000000a',
    url: 'https://a.example/',
    creatorId: 'ann',
    createdAtMs,
    updatedAtMs: createdAtMs,
    expiresAtMs: undefined,
    disabled: false,
    createRevision: 1,
    revision: 1,
  }),
  deadRow('0000000b', 3, createdAtMs),
  {
    key: rowKey(namespaces.linkByCreator, creatorIndexSuffix(utf8('ann'), 1)),
    value: encodeIndexRow(utf8('0000000a')),
  },
  kvRow(utf8('k'), utf8('v'), 2),
];

export function exampleChunk(): BuiltChunk {
  return buildChunk(exampleRows, defaultChunkParameters);
}
