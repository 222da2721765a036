// SPDX-License-Identifier: Apache-2.0

/** Minted once from 64 random bits, 16 hexadecimal digits; kept on the node's volume. Never a pod's ordinal, never an address. */
export type NodeId = string;
/** One node's copy of a shard. From a counter in the meta group's state, never used again. */
export type ReplicaId = number;
/** A Raft group: the meta group is `metaShardId`, shards count from 1. */
export type ShardId = number;
/** UUID of the cluster, minted at its formation. */
export type ClusterId = string;
/** Counter of a shard's state, raised by every mutation; never falls. */
export type Revision = number;

export const metaShardId: ShardId = 0;
