// SPDX-License-Identifier: Apache-2.0
import type { NodeId, Revision } from '@shortlink/common/ids.ts';
import type { Digest, Exported, Readback, Redistribute, Retire, Upload } from '../lifecycle/events.ts';
import type { MergeEvent } from '../lifecycle/merge-events.ts';
import type { Placement } from '../lifecycle/types.ts';
import type { IgnoreReason } from '../lifecycle/transitions.ts';

/** What a shard remembers of a mutation, so that a retry gets the first answer (design §3.4). */
export interface Dedup {
  /** 16 bytes: hash of the client's idempotency key and the row number, or minted by the gateway. */
  readonly key: Uint8Array;
  /** 8 bytes: hash of what was asked; the same key with another fingerprint is refused. */
  readonly fingerprint: Uint8Array;
}

/**
 * What the leader saw of a key in the cold tier before it proposed (design §4, existence across tiers). Only looked at where
 * the hot tier has no row of the key; refused when a generation has been retired since.
 */
export interface ColdSight {
  /** V at the look. */
  readonly version: number;
  /** The newest row in any chunk, as it lies there; undefined: no chunk has one. */
  readonly prior: Uint8Array | undefined;
}

export interface CreateLink {
  readonly type: 'createLink';
  readonly dedup: Dedup;
  /** Undefined until the leader has drawn one (see prepare.ts); then `generated` stays true. */
  readonly code: string | undefined;
  readonly generated: boolean;
  /** Length to draw; only looked at while `code` is undefined. */
  readonly codeLength: number;
  readonly url: string;
  readonly creatorId: string;
  readonly expiresAtMs: number | undefined;
  /** Policy of the cluster at the time of the proposal: a deleted or expired code may be given again. */
  readonly reuseDeadCodes: boolean;
  readonly cold?: ColdSight | undefined;
}

/**
 * Links with generated codes of one length that share an idempotency key which a gateway minted: one row remembers the
 * answers to all of them. A row for which no code is left is answered by itself, and the others are created.
 */
export interface CreateLinks {
  readonly type: 'createLinks';
  readonly dedup: Dedup;
  readonly codeLength: number;
  readonly count: number;
  /** The links one after the other, see new-link-rows.ts. */
  readonly rows: Uint8Array;
  /** Theirs in the same order, see code-list.ts; undefined until the leader has drawn them. */
  readonly codes: Uint8Array | undefined;
  /** V at which the leader saw that no chunk has any of the codes; undefined: it did not look. */
  readonly coldVersion?: number | undefined;
}

export interface UpdateLink {
  readonly type: 'updateLink';
  readonly dedup: Dedup;
  readonly code: string;
  readonly url: string | undefined;
  /** Null takes the expiry away; undefined leaves it. */
  readonly expiresAtMs: number | null | undefined;
  readonly disabled: boolean | undefined;
  readonly ifRevision: Revision | undefined;
  readonly cold?: ColdSight | undefined;
}

export interface DeleteLink {
  readonly type: 'deleteLink';
  readonly dedup: Dedup;
  readonly code: string;
  readonly ifRevision: Revision | undefined;
  readonly cold?: ColdSight | undefined;
}

/** Proposed by the leader's collector: does nothing unless the row still has this revision and expiry. */
export interface CollectExpired {
  readonly type: 'collectExpired';
  readonly code: string;
  readonly revision: Revision;
  readonly expiresAtMs: number;
}

export interface KvPut {
  readonly type: 'kvPut';
  readonly dedup: Dedup;
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  /** Revision that the key must have; 0: the key must not exist; undefined: no condition. */
  readonly ifRevision: Revision | undefined;
  readonly cold?: ColdSight | undefined;
}

export interface KvDelete {
  readonly type: 'kvDelete';
  readonly dedup: Dedup;
  readonly key: Uint8Array;
  readonly ifRevision: Revision | undefined;
  readonly cold?: ColdSight | undefined;
}

/** All or nothing: one failed condition and no operation takes effect. All keys lie in one shard. */
export interface KvBatch {
  readonly type: 'kvBatch';
  readonly dedup: Dedup;
  readonly operations: readonly KvOperation[];
}

export interface KvOperation {
  readonly key: Uint8Array;
  /** Undefined deletes. */
  readonly value: Uint8Array | undefined;
  readonly ifRevision: Revision | undefined;
  readonly cold?: ColdSight | undefined;
}

/** The leader's state hash at an applied index; a replica that remembers another one stops serving (H8). */
export interface StateHashCheck {
  readonly type: 'stateHashCheck';
  readonly index: number;
  readonly hash: string;
}

/** HOLDING: what one node reports of the copies it holds, all at once. */
export interface Holdings {
  readonly type: 'holdings';
  readonly node: NodeId;
  /** Names of objects whose copies are whole and checked on its disk. */
  readonly holds: readonly string[];
  /** Copies that it would like to drop: granted where enough other holders in `placement` remain. */
  readonly drops: readonly string[];
  readonly placement: Placement;
}

/** The objects are gone from the store: they need not be remembered any more. */
export interface Forget {
  readonly type: 'forget';
  readonly objects: readonly string[];
}

/** Proposed by nodes to themselves, never by clients. */
export type LifecycleCommand =
  | Upload
  | Digest
  | Exported
  | Readback
  | Redistribute
  | Holdings
  | Retire
  | Forget
  | MergeEvent;

export type Command =
  | CreateLink
  | CreateLinks
  | UpdateLink
  | DeleteLink
  | CollectExpired
  | KvPut
  | KvDelete
  | KvBatch
  | StateHashCheck
  | LifecycleCommand;

export interface Link {
  readonly code: string;
  readonly url: string;
  readonly creatorId: string;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  readonly expiresAtMs: number | undefined;
  readonly disabled: boolean;
  readonly createRevision: Revision;
  readonly revision: Revision;
}

export type DeadReason = 'deleted' | 'expired';

/** What became of a `createLinks`, without what it says itself. */
export interface CreatedLinks {
  /** Those that the links have got, or that were taken. */
  readonly codes: Uint8Array;
  readonly codeLength: number;
  readonly createdAtMs: number;
  /** Of the first link that was created; each further one has the next. */
  readonly firstRevision: Revision;
  /** In the order of the rows. */
  readonly notCreated: readonly LinkNotCreated[];
}

export const notCreatedReasons = ['redraw', 'exhausted'] as const;

export interface LinkNotCreated {
  readonly row: number;
  /** `redraw`: its code was taken meanwhile, another one may be free. `exhausted`: the leader found no free code. */
  readonly reason: (typeof notCreatedReasons)[number];
}

/** What apply says of one command, in the order of the entry's commands. */
export type CommandResult =
  | { readonly kind: 'link'; readonly link: Link }
  | { readonly kind: 'linksCreated'; readonly created: CreatedLinks }
  | { readonly kind: 'deleted'; readonly revision: Revision }
  | { readonly kind: 'taken'; readonly dead: boolean }
  /** A generated code was taken meanwhile: the leader draws again, nothing is remembered. */
  | { readonly kind: 'redraw' }
  /** The cold tier has changed since the leader looked, or it did not look: it looks again, nothing is remembered. */
  | { readonly kind: 'lookAgain' }
  | { readonly kind: 'notFound' }
  | { readonly kind: 'gone'; readonly reason: DeadReason }
  | { readonly kind: 'revisionMismatch'; readonly actual: Revision }
  | { readonly kind: 'idempotencyMismatch' }
  | { readonly kind: 'kv'; readonly revision: Revision; readonly existed: boolean }
  | { readonly kind: 'kvBatch'; readonly revision: Revision }
  | { readonly kind: 'kvBatchMismatch'; readonly operation: number; readonly actual: Revision }
  | { readonly kind: 'collected' }
  | { readonly kind: 'lifecycle'; readonly verdict: 'done' | IgnoreReason }
  | { readonly kind: 'holdings'; readonly kept: readonly string[] }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'stateHash'; readonly verdict: 'equal' | 'different' | 'unknown' };
