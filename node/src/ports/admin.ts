// SPDX-License-Identifier: Apache-2.0
import type { NodeId, ReplicaId, ShardId } from '@shortlink/common/ids.ts';
import type { ClusterMap } from '../core/cluster/cluster-map.ts';
import type { OperatorOrder } from '../core/cluster/meta-commands.ts';
import type { RingReport } from './ring-report.ts';

export type AdminRequest =
  | { readonly type: 'status' }
  /** What the leader of the meta group hears and knows of the ring. */
  | { readonly type: 'ring' }
  /** Puts whoever asks in charge: orders under earlier epochs are refused from then on. */
  | { readonly type: 'takeOperatorEpoch' }
  /** Obeyed under the newest operator's epoch only. */
  | { readonly type: 'order'; readonly operatorEpoch: number; readonly order: OperatorOrder }
  /** Drains a node (learner first, joint swap, leaderships away) and then forgets it. Returns at once; poll `status`. */
  | { readonly type: 'removeNode'; readonly nodeId: NodeId }
  /** Undo of `removeNode` while the node is still a member. */
  | { readonly type: 'cancelRemoveNode'; readonly nodeId: NodeId }
  | { readonly type: 'transferLeadership'; readonly shard: ShardId; readonly toNodeId: NodeId };

export interface ReplicaStatus {
  readonly shard: ShardId;
  readonly replicaId: ReplicaId;
  readonly role: 'leader' | 'follower' | 'candidate' | 'learner';
  readonly term: number;
  readonly leaderReplicaId: ReplicaId | undefined;
  readonly commitIndex: number;
  readonly appliedIndex: number;
  readonly firstIndex: number;
  readonly lastIndex: number;
  readonly voters: readonly ReplicaId[];
  readonly learners: readonly ReplicaId[];
  readonly revision: number;
  readonly shardTimeMs: number;
  readonly stateHash: string;
  /** False once a state hash differed from the leader's: the replica answers nothing. */
  readonly healthy: boolean;
}

export interface NodeStatus {
  readonly nodeId: NodeId | undefined;
  readonly name: string;
  /** What the node waits for, in words; undefined when it serves. */
  readonly waitingFor: string | undefined;
  readonly map: ClusterMap | undefined;
  readonly replicas: readonly ReplicaStatus[];
  /** Leader of each group as this node knows it. */
  readonly leaders: readonly { readonly shard: ShardId; readonly nodeId: NodeId }[];
}

export type AdminResponse =
  | { readonly type: 'status'; readonly status: NodeStatus }
  | { readonly type: 'ring'; readonly report: RingReport }
  | { readonly type: 'operatorEpoch'; readonly operatorEpoch: number }
  | { readonly type: 'accepted' }
  /** The request cannot be done; `message` says why and what to do. */
  | { readonly type: 'refused'; readonly message: string };
