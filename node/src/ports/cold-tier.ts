// SPDX-License-Identifier: Apache-2.0
import type { ShardId } from '@shortlink/common/ids.ts';
import type { ColdFound, ColdNeed } from '../core/statemachine/cold-overlay.ts';

/** Questions about the chunks of one shard, as they were at one chunk-set version. */
export interface ColdQuery {
  readonly shard: ShardId;
  /** The installed copy on this node whose rows name the chunks. */
  readonly slot: number;
  readonly version: number;
  readonly needs: readonly ColdNeed[];
}

export type ColdAnswer =
  /** One answer for each need, in their order; none is missing: a tier that could not answer makes it `unavailable`. */
  | { readonly kind: 'found'; readonly found: readonly ColdFound[] }
  /** The chunk set has another version now, or the copy is gone: start over. */
  | { readonly kind: 'moved' }
  | { readonly kind: 'unavailable'; readonly message: string };

/** The chunks of the shards that have a replica here, wherever their bytes are (design §6). */
export interface ColdTier {
  /** Resolves by `timeoutMs` at the latest; never rejects for what a store or a network may do. */
  query(query: ColdQuery, timeoutMs: number): Promise<ColdAnswer>;
}

/** Where a node has no object store: nothing can be in it. */
export const noColdTier: ColdTier = {
  query: async () => ({ kind: 'unavailable', message: 'this node has no object store; set objectStore.url' }),
};
