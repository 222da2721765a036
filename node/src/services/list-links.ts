// SPDX-License-Identifier: Apache-2.0
import { assert } from '@shortlink/common/assert.ts';
import { ServiceError } from '@shortlink/common/errors.ts';
import type { Revision, ShardId } from '@shortlink/common/ids.ts';
import { limits } from '@shortlink/common/limits.ts';
import type { Link } from '../core/statemachine/commands.ts';
import type { QueryOptions, ServiceDependencies } from './dependencies.ts';
import { checkCreatorId } from './link-input.ts';
import { decodeListCursor, encodeListCursor } from './list-cursor.ts';
import { currentMap } from './placement.ts';

export interface ListQuery {
  readonly creatorId: string;
  /** 1 to limits.listMaxLinks. */
  readonly limit: number;
  readonly cursor?: string | undefined;
}

export interface LinkPage {
  readonly links: readonly Link[];
  /** Undefined at the end. */
  readonly cursor: string | undefined;
}

/** One shard's part of the list, read page by page. */
interface Source {
  readonly shard: ShardId;
  links: readonly Link[];
  /** Links of `links` that are in the page. */
  taken: number;
  /** Everything of the shard up to this revision is in this page or an earlier one. */
  after: Revision;
  /** Where the shard's next page starts; undefined when `links` is all there is. */
  next: Revision | undefined;
}

/** Links that a shard is asked for at least, so that a page over many shards does not become many small reads. */
const sourcePageMin = 16;
/** Reads of one page in a row: a list of mostly deleted links gives short pages instead of slow ones. */
const refillsMax = 16;

/**
 * A creator's links in the order of their creation: each shard gives its own in the order of its revisions, the shards
 * are merged by time (shard time never falls, so this is a merge of sorted lists), equal times by the order of shards.
 */
export async function listLinks(
  dependencies: ServiceDependencies,
  query: ListQuery,
  options: QueryOptions,
): Promise<LinkPage> {
  const { creatorId, limit, cursor } = query;
  checkCreatorId(creatorId);
  if (!Number.isInteger(limit) || limit < 1 || limit > limits.listMaxLinks) {
    throw new ServiceError('invalid', `limit is 1 to ${limits.listMaxLinks}`, { field: 'limit' });
  }
  const positions =
    cursor === undefined ? new Map<ShardId, Revision>() : decodeListCursor(dependencies.sha256, creatorId, cursor);
  const map = currentMap(dependencies.shards);
  const sources = map.shards.map(({ id: shard }): Source => {
    const after = positions.get(shard) ?? 0;
    return { shard, links: [], taken: 0, after, next: after };
  });
  const pageSize = Math.min(limit, Math.max(sourcePageMin, Math.ceil((2 * limit) / sources.length)));
  const refill = async (source: Source): Promise<void> => {
    const operation = { type: 'links', creatorId, afterRevision: source.after, limit: pageSize } as const;
    const [result] = await dependencies.shards.read(source.shard, [operation], options);
    assert(result?.kind === 'links', 'links answer a read of links');
    source.links = result.links;
    source.taken = 0;
    source.next = result.nextRevision;
    // A page of a shard may be empty and not the last one.
    if (isWaiting(source)) source.after = result.nextRevision ?? source.after;
  };
  const links: Link[] = [];
  for (let refills = 0; refills < refillsMax && links.length < limit; refills++) {
    await Promise.all(sources.filter(isWaiting).map(refill));
    mergeByTime(sources, links, limit);
    if (sources.every(isEnded)) return { links, cursor: undefined };
  }
  const next = new Map(sources.map((source) => [source.shard, source.after]));
  return { links, cursor: encodeListCursor(dependencies.sha256, creatorId, next) };
}

/** The shard's next link is not known before it is read again. */
function isWaiting(source: Source): boolean {
  return isDrained(source) && source.next !== undefined;
}

function isEnded(source: Source): boolean {
  return isDrained(source) && source.next === undefined;
}

function isDrained(source: Source): boolean {
  return source.taken === source.links.length;
}

/** Moves links into the page until it is full or a shard must be read again. */
function mergeByTime(sources: readonly Source[], page: Link[], limit: number): void {
  while (page.length < limit && !sources.some(isWaiting)) {
    let first: { readonly source: Source; readonly link: Link } | undefined;
    for (const source of sources) {
      const link = source.links[source.taken];
      if (link !== undefined && (first === undefined || link.createdAtMs < first.link.createdAtMs))
        first = { source, link };
    }
    if (first === undefined) return;
    page.push(first.link);
    const { source } = first;
    source.taken++;
    source.after = isWaiting(source) ? (source.next ?? source.after) : first.link.createRevision;
  }
}
