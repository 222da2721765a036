// SPDX-License-Identifier: Apache-2.0
import type { ShardId } from '@shortlink/common/ids.ts';
import type { ClusterMap } from '../core/cluster/cluster-map.ts';
import type { Command, CommandResult } from '../core/statemachine/commands.ts';
import type { ReadOp, ReadResult } from '../core/statemachine/reads.ts';
import type { LinkResolution } from '../core/statemachine/resolution.ts';
import type { AdminRequest, AdminResponse } from './admin.ts';

export type Consistency = 'linearizable' | 'stale';

export interface CallOptions {
  /** Milliseconds from now after which the call fails with kind `timeout` (its outcome is unknown then). */
  readonly timeoutMs: number;
}

export interface ReadOptions extends CallOptions {
  readonly consistency: Consistency;
}

/** Of a code that has to be looked up in chunks; undefined when those cannot be asked now. */
export type LaterResolution = Promise<LinkResolution | undefined>;

/**
 * What the services see of the cluster: every shard, wherever its replicas are. The implementation finds the leader,
 * follows redirections with a bounded number of hops, and retries what is safe to retry until the time is over.
 * Failures are ServiceErrors of kind unavailable, overloaded or timeout.
 */
export interface Shards {
  /** The newest map this node knows; undefined before the cluster has formed. */
  map(): ClusterMap | undefined;
  /** One proposal; the answers come once every command is durable on a quorum and applied. */
  write(shard: ShardId, commands: readonly Command[], options: CallOptions): Promise<readonly CommandResult[]>;
  /** All operations see one state, at or after the state at the time of the call when linearizable. */
  read(shard: ShardId, operations: readonly ReadOp[], options: ReadOptions): Promise<readonly ReadResult[]>;
  /**
   * What following each code comes to, in the order of the codes; as consistent as reads of the links would be. A promise
   * where it takes longer than the others.
   */
  resolve(
    shard: ShardId,
    codes: readonly string[],
    options: ReadOptions,
  ): Promise<readonly (LinkResolution | LaterResolution)[]>;
  admin(request: AdminRequest, options: CallOptions): Promise<AdminResponse>;
}
