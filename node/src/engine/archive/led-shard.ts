// SPDX-License-Identifier: Apache-2.0
import type { ClusterId, NodeId, ReplicaId } from '@shortlink/common/ids.ts';
import type { ClusterPolicy, ShardInfo } from '../../core/cluster/cluster-map.ts';
import type { ShardPlace } from '../../core/archive/manifests.ts';
import type { ShardScope } from '../../core/statemachine/keys.ts';
import type { ShardSnapshot } from './shard-snapshot.ts';

/** A shard that this node leads. */
export interface LedShard {
  readonly clusterId: ClusterId;
  readonly node: NodeId;
  /** In which it leads. */
  readonly term: number;
  readonly replica: ReplicaId;
  readonly scope: ShardScope;
  readonly info: ShardInfo;
  readonly policy: ClusterPolicy;
}

export function placeOf({ scope, state }: ShardSnapshot): ShardPlace {
  const { appliedIndex, appliedTerm, revision, timeMs, chunkSetVersion, generations } = state;
  return {
    shard: scope.shard,
    index: appliedIndex,
    term: appliedTerm,
    revision,
    timeMs,
    chunkSetVersion,
    generations,
  };
}
