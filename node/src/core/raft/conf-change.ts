// SPDX-License-Identifier: Apache-2.0

import { noReplica } from './types.ts';
import type { ReplicaId } from './types.ts';

export type ConfChangeType = 'addNode' | 'removeNode' | 'updateNode' | 'addLearnerNode';

/**
 * - `auto`: the simple protocol for one change, otherwise joint consensus that is left automatically.
 * - `jointImplicit`: joint consensus, left automatically.
 * - `jointExplicit`: joint consensus, left by proposing an empty change.
 */
export type ConfChangeTransition = 'auto' | 'jointImplicit' | 'jointExplicit';

export interface ConfChangeSingle {
  readonly type: ConfChangeType;
  /** 0 makes this change a no-op: a state machine may void a change when it applies it. */
  readonly nodeId: ReplicaId;
}

/** The older form: exactly one change, simple protocol (Raft thesis, section 4.1). */
export interface ConfChange extends ConfChangeSingle {
  readonly id: number;
  readonly context: Uint8Array;
}

/** Any number of changes, by joint consensus where needed (Raft thesis, section 4.3). Empty: leave the joint state. */
export interface ConfChangeV2 {
  readonly transition: ConfChangeTransition;
  readonly changes: readonly ConfChangeSingle[];
  readonly context: Uint8Array;
}

export type AnyConfChange = ConfChange | ConfChangeV2;

const noContext = new Uint8Array(0);

/** The change that leaves a joint configuration. */
export const leaveJointChange: ConfChangeV2 = { transition: 'auto', changes: [], context: noContext };

/** A change with its optional parts filled in. */
export function confChangeV2(
  changes: readonly ConfChangeSingle[],
  options: { readonly transition?: ConfChangeTransition; readonly context?: Uint8Array } = {},
): ConfChangeV2 {
  return { transition: options.transition ?? 'auto', changes, context: options.context ?? noContext };
}

/** A change of the older form with its optional parts filled in. */
export function confChangeV1(type: ConfChangeType, nodeId: ReplicaId, context: Uint8Array = noContext): ConfChange {
  return { id: noReplica, type, nodeId, context };
}

export function isConfChangeV2(change: AnyConfChange): change is ConfChangeV2 {
  return 'changes' in change;
}

export function asConfChangeV2(change: AnyConfChange): ConfChangeV2 {
  if (isConfChangeV2(change)) return change;
  return { transition: 'auto', changes: [{ type: change.type, nodeId: change.nodeId }], context: change.context };
}

/** True for the change that leaves a joint configuration; its context may be anything. */
export function leavesJoint(change: ConfChangeV2): boolean {
  return change.transition === 'auto' && change.changes.length === 0;
}

/** How a change enters joint consensus; `simple` if it does not. */
export function jointMode(change: ConfChangeV2): 'simple' | 'autoLeave' | 'explicitLeave' {
  if (change.transition === 'jointExplicit') return 'explicitLeave';
  if (change.transition === 'jointImplicit' || change.changes.length > 1) return 'autoLeave';
  return 'simple';
}
