// SPDX-License-Identifier: Apache-2.0

import type { ConfChangeSingle, ConfChangeType } from '../conf-change.ts';
import { emptyConfig } from '../tracker/tracker.ts';
import type { ConfState, ReplicaId } from '../types.ts';
import { enterJoint, simpleChange } from './changer.ts';
import type { ChangedConfig, ConfigBase, ConfigError } from './changer.ts';

function changesOf(type: ConfChangeType, ids: readonly ReplicaId[]): readonly ConfChangeSingle[] {
  return ids.map((nodeId) => ({ type, nodeId }));
}

function simpleSteps(base: ConfigBase, changes: readonly ConfChangeSingle[]): ChangedConfig | ConfigError {
  let current: ChangedConfig = { config: base.config, progress: base.progress };
  for (const change of changes) {
    const next = simpleChange({ ...base, ...current }, [change]);
    if ('error' in next) return next;
    current = next;
  }
  return current;
}

/**
 * Enacts a configuration from nothing, by the same changes that could have led to it. For a joint one: first the
 * outgoing voters one by one, then the step into the joint state that removes them and adds the incoming members.
 */
export function restoreConfig(
  limits: Pick<ConfigBase, 'lastIndex' | 'maxInflightMsgs' | 'maxInflightBytes'>,
  state: ConfState,
): ChangedConfig | ConfigError {
  const base: ConfigBase = { ...limits, config: emptyConfig, progress: new Map() };
  const incoming = [
    ...changesOf('addNode', state.voters),
    ...changesOf('addLearnerNode', state.learners),
    ...changesOf('addLearnerNode', state.learnersNext),
  ];
  if (state.votersOutgoing.length === 0) return simpleSteps(base, incoming);
  const outgoing = simpleSteps(base, changesOf('addNode', state.votersOutgoing));
  if ('error' in outgoing) return outgoing;
  const removals = changesOf('removeNode', state.votersOutgoing);
  return enterJoint({ ...base, ...outgoing }, state.autoLeave, [...removals, ...incoming]);
}

function sameMembers(a: readonly ReplicaId[], b: readonly ReplicaId[]): boolean {
  const known = new Set(a);
  return a.length === b.length && b.every((id) => known.has(id));
}

/** True if both describe the same configuration, whatever the order of their lists. */
export function equivalentConfStates(a: ConfState, b: ConfState): boolean {
  return (
    sameMembers(a.voters, b.voters) &&
    sameMembers(a.learners, b.learners) &&
    sameMembers(a.votersOutgoing, b.votersOutgoing) &&
    sameMembers(a.learnersNext, b.learnersNext) &&
    a.autoLeave === b.autoLeave
  );
}
