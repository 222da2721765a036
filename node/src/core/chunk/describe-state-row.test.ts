// SPDX-License-Identifier: Apache-2.0
import { DecodeError } from '@shortlink/common/byte-reader.ts';
import { utf8 } from '@shortlink/common/bytes.ts';
import { describe, expect, it } from 'vitest';
import { encodeIndexRow, indexTombstone } from '../statemachine/index-row.ts';
import { creatorIndexSuffix, expiryIndexSuffix, namespaces, shardStateKey } from '../statemachine/keys.ts';
import { describeStateRow } from './describe-state-row.ts';
import { deadRow, kvRow, linkRow, plausibleLinks, rowKey } from './testing/state-rows.ts';

const [link] = plausibleLinks(1);
if (link === undefined) throw new Error('no link');
const byCreator = rowKey(namespaces.linkByCreator, creatorIndexSuffix(utf8('bob'), 77));
const byExpiry = rowKey(namespaces.linkByExpiry, expiryIndexSuffix(1234, utf8('abc')));
const key = Uint8Array.of(1);

describe('what a row of the state machine says of itself', () => {
  it.each([
    ['a link', linkRow({ ...link, revision: 9, expiresAtMs: undefined }), { revision: 9, tombstone: false }],
    ['a link that expires', linkRow({ ...link, revision: 9, expiresAtMs: 5 }), { revision: 9, expiresAtMs: 5 }],
    ['a dead link', deadRow('x', 8, 1), { revision: 8, expiresAtMs: undefined, tombstone: true }],
    ['a pair', kvRow(key, key, 7), { revision: 7, expiresAtMs: undefined, tombstone: false }],
    ['a deleted pair', kvRow(key, undefined, 6), { revision: 6, tombstone: true }],
    ['an index row', { key: byCreator, value: encodeIndexRow(utf8('abc')) }, { revision: 77, tombstone: false }],
    ['a removed index row', { key: byCreator, value: indexTombstone }, { revision: 77, tombstone: true }],
    [
      'a row by expiry',
      { key: byExpiry, value: encodeIndexRow(utf8('abc')) },
      { revision: undefined, tombstone: false },
    ],
    ['a removed row by expiry', { key: byExpiry, value: indexTombstone }, { tombstone: true }],
  ])('%s', (_, row, facts) => {
    expect(describeStateRow(row.key, row.value)).toMatchObject(facts);
  });

  it('refuses what does not belong into a chunk', () => {
    expect(() => describeStateRow(shardStateKey({ shard: 1, slot: 0 }), key)).toThrow(DecodeError);
    expect(() => describeStateRow(byCreator.subarray(0, 4), indexTombstone)).toThrow(DecodeError);
    expect(() => describeStateRow(byCreator, key)).toThrow(DecodeError);
  });
});
