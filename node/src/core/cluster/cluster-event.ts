// SPDX-License-Identifier: Apache-2.0
import type { NodeId, ReplicaId, ShardId } from '@shortlink/common/ids.ts';

export type ClusterEventKind =
  | 'formed'
  | 'nodeJoined'
  | 'nodeChanged'
  | 'nodeDraining'
  | 'nodeKept'
  | 'nodeRemoved'
  | 'nodeOut'
  | 'nodeBack'
  | 'replicaAdded'
  | 'replicaPromoted'
  | 'replicaRemoved'
  | 'operatorEpoch'
  | 'held'
  | 'released';

/** What was changed in the cluster, and why: for people. Kept in the meta group's state. */
export interface ClusterEvent {
  /** Counts from 1, without a gap. */
  readonly id: number;
  /** Time of the entry, which its leader's clock gave. */
  readonly timeMs: number;
  /** Of the map after the event. */
  readonly ringEpoch: number;
  readonly kind: ClusterEventKind;
  readonly nodeId?: NodeId | undefined;
  readonly shard?: ShardId | undefined;
  readonly replicaId?: ReplicaId | undefined;
  /** In words. */
  readonly reason: string;
}

export interface EventLog {
  /** Oldest first. */
  readonly events: readonly ClusterEvent[];
  readonly nextEventId: number;
}

/** The last ones are kept: they are part of the state of a group whose state must stay small. */
export const maxEvents = 200;

export function withEvent(log: EventLog, event: Omit<ClusterEvent, 'id'>): EventLog {
  const events = [...log.events, { id: log.nextEventId, ...event }].slice(-maxEvents);
  return { events, nextEventId: log.nextEventId + 1 };
}
