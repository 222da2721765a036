// SPDX-License-Identifier: Apache-2.0
import { defined } from '@shortlink/common/assert.ts';
import { prefixEnd, utf8 } from '@shortlink/common/bytes.ts';
import { limits } from '@shortlink/common/limits.ts';
import type { Link } from './commands.ts';
import { decodeIndexRow } from './index-row.ts';
import { creatorIndexSuffix, getUint64, linkSuffix, namespaces } from './keys.ts';
import { decodeLinkRow, isExpired } from './link-row.ts';
import type { ReadOp, ReadResult } from './reads.ts';
import { getRows, scanRows } from './tiers.ts';
import type { Tiers } from './tiers.ts';

/** Links that are read at once, so that a page that ends by its bytes has read little in vain. */
const linksPerRead = 64;
/** What an index row takes beside its page's share of links; far above a row, so that only `limit` ends a scan. */
const indexPageMaxBytes = limits.rangePageMaxBytes;

interface IndexEntry {
  readonly createRevision: number;
  readonly code: string;
}

/**
 * One page of a creator's links in the order of their create revisions. Looks at no more than `limit` index rows, so
 * a page may hold fewer links than that, even none, and still name a next one.
 */
export function listLinks(
  tiers: Tiers,
  operation: Extract<ReadOp, { readonly type: 'links' }>,
  timeMs: number,
): Extract<ReadResult, { readonly kind: 'links' }> {
  const { creatorId, afterRevision } = operation;
  const limit = Math.min(operation.limit, limits.listMaxLinks);
  const gte = creatorIndexSuffix(utf8(creatorId), afterRevision + 1);
  const lt = defined(prefixEnd(gte.subarray(0, -8)), 'end of a creator');
  const page = scanRows(tiers, namespaces.linkByCreator, { gte, lt, limit, maxBytes: indexPageMaxBytes });
  const links: Link[] = [];
  let bytes = 0;
  for (let i = 0; i < page.rows.length; i += linksPerRead) {
    const entries = page.rows.slice(i, i + linksPerRead).flatMap(({ key, value }): IndexEntry[] => {
      const code = decodeIndexRow(value);
      return code === undefined ? [] : [{ code, createRevision: getUint64(key, key.length - 8) }];
    });
    for (const { link, rowBytes } of readLinks(tiers, entries, timeMs)) {
      if (bytes > limits.rangePageMaxBytes) return { kind: 'links', links, nextRevision: links.at(-1)?.createRevision };
      links.push(link);
      bytes += rowBytes;
    }
  }
  const last = page.rows.at(-1);
  const nextRevision = page.more && last !== undefined ? getUint64(last.key, last.key.length - 8) : undefined;
  return { kind: 'links', links, nextRevision };
}

/** The links that the index entries still mean: alive, and not another link that has got the code since. */
function readLinks(
  tiers: Tiers,
  entries: readonly IndexEntry[],
  timeMs: number,
): { readonly link: Link; readonly rowBytes: number }[] {
  const values = getRows(
    tiers,
    namespaces.link,
    entries.map(({ code }) => linkSuffix(code)),
  );
  return entries.flatMap(({ code, createRevision }, i) => {
    const value = values[i];
    if (value === undefined) return [];
    const row = decodeLinkRow(code, value);
    if (row.kind === 'dead' || row.link.createRevision !== createRevision || isExpired(row.link, timeMs)) return [];
    return [{ link: row.link, rowBytes: value.length + code.length }];
  });
}
