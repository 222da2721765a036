// SPDX-License-Identifier: Apache-2.0
import type { NodeId, ReplicaId, ShardId } from '@shortlink/common/ids.ts';
import { metaShardId } from '@shortlink/common/ids.ts';
import type { RingMember } from '../placement/ring.ts';
import type { ClusterMap, ReplicaInfo } from './cluster-map.ts';
import { ringMembers } from './cluster-map.ts';
import type { ClusterEvent, EventLog } from './cluster-event.ts';
import { withEvent } from './cluster-event.ts';
import type { MetaResult } from './meta-commands.ts';

/** A node that may be away until `untilMs` without going OUT. */
export interface NodeHold {
  readonly nodeId: NodeId;
  /** In the meta group's time. */
  readonly untilMs: number;
}

export function isHeld(holds: readonly NodeHold[], nodeId: NodeId, nowMs: number): boolean {
  return holds.some((hold) => hold.nodeId === nodeId && nowMs < hold.untilMs);
}

/** The map, what only the meta group itself needs, and the counters that must never go back. */
export interface MetaState extends EventLog {
  readonly map: ClusterMap | undefined;
  readonly nextReplicaId: ReplicaId;
  /** Time of the newest entry; never falls. */
  readonly timeMs: number;
  /** Given to the operator that took it last; 0: there was none. */
  readonly operatorEpoch: number;
  readonly holds: readonly NodeHold[];
  /** Members of the ring before its last change, so that one can tell what that change moves. */
  readonly previousRing: readonly RingMember[];
}

export const emptyMetaState: MetaState = {
  map: undefined,
  nextReplicaId: 1,
  timeMs: 0,
  operatorEpoch: 0,
  holds: [],
  previousRing: [],
  events: [],
  nextEventId: 1,
};

export interface Outcome {
  readonly state: MetaState;
  readonly result: MetaResult;
}

export type NewEvent = Omit<ClusterEvent, 'id' | 'timeMs' | 'ringEpoch'>;

export function replicasOf(map: ClusterMap, shard: ShardId): readonly ReplicaInfo[] | undefined {
  return shard === metaShardId ? map.meta : map.shards.find((s) => s.id === shard)?.replicas;
}

/** The state with another map: its epoch rises, and the ring's where its members are others than before. */
export function changed(state: MetaState, map: ClusterMap, event: NewEvent): Outcome {
  const before = ringMembers(state.map?.nodes ?? []);
  const isOtherRing = JSON.stringify(before) !== JSON.stringify(ringMembers(map.nodes));
  const next: ClusterMap = {
    ...map,
    epoch: map.epoch + 1,
    ringEpoch: isOtherRing ? map.ringEpoch + 1 : map.ringEpoch,
  };
  const previousRing = isOtherRing ? before : state.previousRing;
  return {
    state: noted({ ...state, map: next, previousRing }, event),
    result: { ok: true, epoch: next.epoch },
  };
}

/** The state with an event more. */
export function noted(state: MetaState, event: NewEvent): MetaState {
  const ringEpoch = state.map?.ringEpoch ?? 0;
  return { ...state, ...withEvent(state, { timeMs: state.timeMs, ringEpoch, ...event }) };
}

export function unchanged(state: MetaState, map: ClusterMap): Outcome {
  return { state, result: { ok: true, epoch: map.epoch } };
}

export function refused(state: MetaState, message: string): Outcome {
  return { state, result: { ok: false, message } };
}
