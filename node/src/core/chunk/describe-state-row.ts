// SPDX-License-Identifier: Apache-2.0
import { DecodeError } from '@shortlink/common/byte-reader.ts';
import { decodeIndexRow } from '../statemachine/index-row.ts';
import { getUint64, namespaces } from '../statemachine/keys.ts';
import { decodeKvValue } from '../statemachine/kv-row.ts';
import { decodeLinkLife } from '../statemachine/link-row.ts';
import type { RowFacts } from './chunk-row.ts';

/** The facts of a row of a shard's state machine. @throws DecodeError when it is none, or cannot be read. */
export function describeStateRow(key: Uint8Array, value: Uint8Array): RowFacts {
  switch (key[0]) {
    case namespaces.link: {
      const { isDead, revision, expiresAtMs } = decodeLinkLife(value);
      return { revision, expiresAtMs, tombstone: isDead };
    }
    case namespaces.linkByCreator: {
      if (key.length < 1 + 8) throw new DecodeError(`key of ${key.length} bytes in the index of creators`);
      return { revision: getUint64(key, key.length - 8), expiresAtMs: undefined, tombstone: isIndexTombstone(value) };
    }
    case namespaces.linkByExpiry:
      return { revision: undefined, expiresAtMs: undefined, tombstone: isIndexTombstone(value) };
    case namespaces.kv: {
      const row = decodeKvValue(value);
      return { revision: row.revision, expiresAtMs: undefined, tombstone: row.value === undefined };
    }
    default:
      throw new DecodeError(`rows of namespace ${key[0]} do not belong into a chunk`);
  }
}

function isIndexTombstone(value: Uint8Array): boolean {
  return decodeIndexRow(value) === undefined;
}
