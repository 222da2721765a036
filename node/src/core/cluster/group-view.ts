// SPDX-License-Identifier: Apache-2.0
import type { ReplicaId, ShardId } from '@shortlink/common/ids.ts';
import type { ConfState } from '../raft/types.ts';
import type { ReplicaInfo } from './cluster-map.ts';

/** What the leader of a group says of it. */
export interface GroupObservation {
  readonly shard: ShardId;
  readonly leader: ReplicaId;
  readonly confState: ConfState;
  readonly commit: number;
  /** In the hot tier, newest first; the first one is active. Of the meta group: none. */
  readonly generations: readonly { readonly id: number; readonly rows: number }[];
  readonly progress: readonly { readonly id: ReplicaId; readonly match: number; readonly recentActive: boolean }[];
}

/** A group as the map wants it and as its leader sees it. */
export interface GroupView {
  readonly shard: ShardId;
  readonly planned: readonly ReplicaInfo[];
  readonly observed: GroupObservation;
}

/** A learner this close to the end of the log may vote: the rest arrives while its configuration change commits. */
const caughtUpEntries = 500;

export function isCaughtUp({ observed }: GroupView, id: ReplicaId): boolean {
  const progress = observed.progress.find((p) => p.id === id);
  return progress !== undefined && progress.recentActive && progress.match + caughtUpEntries >= observed.commit;
}

export function isVoter({ observed }: GroupView, id: ReplicaId): boolean {
  return observed.confState.voters.includes(id);
}

/** Could lead instead of the leader. */
export function isReadyVoter(group: GroupView, id: ReplicaId): boolean {
  return id !== group.observed.leader && isVoter(group, id) && isCaughtUp(group, id);
}
