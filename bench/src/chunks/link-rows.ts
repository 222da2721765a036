// SPDX-License-Identifier: Apache-2.0
import { concatBytes, utf8 } from '@shortlink/common/bytes.ts';
import type { ChunkRow } from '../../../node/src/core/chunk/chunk-row.ts';
import type { Link } from '../../../node/src/core/statemachine/commands.ts';
import { encodeIndexRow } from '../../../node/src/core/statemachine/index-row.ts';
import { creatorIndexSuffix, linkSuffix, namespaces } from '../../../node/src/core/statemachine/keys.ts';
import { encodeLiveLink } from '../../../node/src/core/statemachine/link-row.ts';

export function linkKey(code: string): Uint8Array {
  return concatBytes(Uint8Array.of(namespaces.link), linkSuffix(code));
}

/** The rows of links in the order of a chunk, so many at a time: of links, and then of the index by creator. */
export function* sortedRows(links: readonly Link[], batch: number): Generator<readonly ChunkRow[]> {
  const byCode = links.toSorted((a, b) => (a.code < b.code ? -1 : 1));
  yield* batches(byCode, batch, (link) => ({ key: linkKey(link.code), value: encodeLiveLink(link) }));
  yield* batches(byCreator(links), batch, ({ code, creatorId, createRevision }) => ({
    key: concatBytes(Uint8Array.of(namespaces.linkByCreator), creatorIndexSuffix(utf8(creatorId), createRevision)),
    value: encodeIndexRow(utf8(code)),
  }));
}

/** Shorter names come first, as their length is in the key. */
function byCreator(links: readonly Link[]): Link[] {
  return links.toSorted((a, b) => {
    if (a.creatorId.length !== b.creatorId.length) return a.creatorId.length - b.creatorId.length;
    if (a.creatorId !== b.creatorId) return a.creatorId < b.creatorId ? -1 : 1;
    return a.createRevision - b.createRevision;
  });
}

function* batches(
  links: readonly Link[],
  size: number,
  rowOf: (link: Link) => ChunkRow,
): Generator<readonly ChunkRow[]> {
  for (let i = 0; i < links.length; i += size) yield links.slice(i, i + size).map(rowOf);
}
