// SPDX-License-Identifier: Apache-2.0
import type { ClusterId, NodeId, ReplicaId, ShardId } from '@shortlink/common/ids.ts';
import type { ClusterPolicy, NodeDescription } from './cluster-map.ts';

/** What the founders agreed on before the meta group started (design §3, Formation). */
export interface FormationRecord {
  readonly clusterId: ClusterId;
  readonly founders: readonly NodeDescription[];
  readonly initialShards: number;
  readonly policy: ClusterPolicy;
}

/** What an operator may order because it knows more than heartbeats tell. */
export type OperatorOrder =
  /** The node may be away for so long without going OUT: a planned restart. */
  | { readonly type: 'hold'; readonly nodeId: NodeId; readonly durationMs: number }
  /** Ends a hold. */
  | { readonly type: 'release'; readonly nodeId: NodeId }
  /** The node is gone for good: OUT now. */
  | { readonly type: 'hasten'; readonly nodeId: NodeId }
  /** The node is to leave: its replicas and chunks move away, then it is forgotten. */
  | { readonly type: 'drain'; readonly nodeId: NodeId }
  /** Undoes `drain` while the node is still a member. */
  | { readonly type: 'keep'; readonly nodeId: NodeId };

/** Mutations of the meta group's state; each is a no-op with a reason when it comes late or twice. */
export type MetaCommand = MetaMutation & {
  /** Why, in words, for the event log. */
  readonly reason?: string | undefined;
};

export type MetaMutation =
  | { readonly type: 'initialize'; readonly record: FormationRecord }
  | { readonly type: 'putNode'; readonly node: NodeDescription }
  | { readonly type: 'setNodeState'; readonly nodeId: NodeId; readonly state: 'active' | 'draining' }
  | { readonly type: 'removeNode'; readonly nodeId: NodeId }
  /** Decided on what the ring of this epoch looked like; refused when it has changed since. */
  | { readonly type: 'markOut'; readonly nodeId: NodeId; readonly ringEpoch: number }
  | { readonly type: 'markBack'; readonly nodeId: NodeId }
  | { readonly type: 'takeOperatorEpoch' }
  /** Obeyed only while the epoch is the current one: who has taken a later one is in charge. */
  | { readonly type: 'order'; readonly operatorEpoch: number; readonly order: OperatorOrder }
  | { readonly type: 'addReplica'; readonly shard: ShardId; readonly nodeId: NodeId }
  | { readonly type: 'promoteReplica'; readonly shard: ShardId; readonly replicaId: ReplicaId }
  | { readonly type: 'removeReplica'; readonly shard: ShardId; readonly replicaId: ReplicaId };

export type MetaResult =
  | {
      readonly ok: true;
      readonly epoch: number;
      readonly replicaId?: ReplicaId | undefined;
      readonly operatorEpoch?: number | undefined;
    }
  | { readonly ok: false; readonly message: string };
