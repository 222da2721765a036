// SPDX-License-Identifier: Apache-2.0

import type { ConfChangeSingle, ConfChangeV2 } from './conf-change.ts';
import { quoteBytes } from './quote.ts';

const typeNames = {
  addNode: 'ConfChangeAddNode',
  removeNode: 'ConfChangeRemoveNode',
  updateNode: 'ConfChangeUpdateNode',
  addLearnerNode: 'ConfChangeAddLearnerNode',
} as const;

const transitionNames = {
  auto: 'ConfChangeTransitionAuto',
  jointImplicit: 'ConfChangeTransitionJointImplicit',
  jointExplicit: 'ConfChangeTransitionJointExplicit',
} as const;

const letters = { addNode: 'v', removeNode: 'r', updateNode: 'u', addLearnerNode: 'l' } as const;

export function describeConfChange(change: ConfChangeV2): string {
  let text = `transition:${transitionNames[change.transition]}`;
  for (const { type, nodeId } of change.changes) text += ` changes:{type:${typeNames[type]} node_id:${nodeId}}`;
  if (change.context.length > 0) text += ` context:${quoteBytes(change.context)}`;
  return text;
}

/** As `v1 l2 r3 u4`: add voter, add learner, remove, update. */
export function describeChanges(changes: readonly ConfChangeSingle[]): string {
  return changes.map(({ type, nodeId }) => `${letters[type]}${nodeId}`).join(' ');
}
