// SPDX-License-Identifier: Apache-2.0
import type { Revision } from '@shortlink/common/ids.ts';
import type { LifecycleView } from '../lifecycle/view.ts';
import type { DeadReason, Link } from './commands.ts';

/** A read of one shard, executed by any of its replicas once its applied index has passed the barrier. */
export type ReadOp =
  | { readonly type: 'link'; readonly code: string }
  | { readonly type: 'links'; readonly creatorId: string; readonly afterRevision: Revision; readonly limit: number }
  | { readonly type: 'kvGet'; readonly key: Uint8Array }
  /** For nodes, not for clients. */
  | { readonly type: 'lifecycle'; readonly knownVersion: number }
  | {
      readonly type: 'kvRange';
      readonly gte: Uint8Array;
      /** Undefined: to the end of the shard. */
      readonly lt: Uint8Array | undefined;
      readonly reverse: boolean;
      readonly limit: number;
      readonly maxBytes: number;
      readonly keysOnly: boolean;
    };

export interface KvRow {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  readonly createRevision: Revision;
  readonly revision: Revision;
  /** 1 after the creation, raised by every put. */
  readonly version: number;
}

export type ReadResult =
  | { readonly kind: 'link'; readonly link: Link }
  | { readonly kind: 'notFound' }
  | { readonly kind: 'lifecycle'; readonly view: LifecycleView }
  | { readonly kind: 'gone'; readonly reason: DeadReason }
  /** `nextRevision`: pass it as `afterRevision` for the next page; undefined at the end. */
  | { readonly kind: 'links'; readonly links: readonly Link[]; readonly nextRevision: Revision | undefined }
  | { readonly kind: 'kv'; readonly row: KvRow | undefined; readonly shardRevision: Revision }
  /** `more`: the page ended by a limit; go on after the last key. */
  | {
      readonly kind: 'kvRange';
      readonly rows: readonly KvRow[];
      readonly more: boolean;
      readonly shardRevision: Revision;
    };
