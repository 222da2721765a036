// SPDX-License-Identifier: Apache-2.0
import { defined } from '@shortlink/common/assert.ts';
import type { Operation } from './history.ts';
import type { LookAhead } from './model.ts';
import type { OpenList } from './open-list.ts';
import { nextOf, positionOf } from './open-list.ts';

/** How far to look: the nearest answers decide nearly always, and looking costs time at every step. */
const MAX_ANSWERS = 8;
const MAX_BASES = 16;

/**
 * True when some open operation cannot be explained any more from `state`. Before it returns, only operations that were
 * called before that can be placed; the last of them that overwrites, if any, leaves a state known in advance, and what
 * follows builds on that.
 */
export function isOutOfReach<State, Input, Output>(
  state: State,
  open: OpenList,
  operations: readonly Operation<Input, Output>[],
  lookAhead: LookAhead<State, Input, Output>,
): boolean {
  const bases: State[] = [state];
  let answers = 0;
  let pending = nextOf(open, open.pendingHead);
  const addBase = (operation: number): void => {
    const overwritten = lookAhead.overwritesWith(defined(operations[operation], 'operation').input);
    if (overwritten !== undefined) bases.push(overwritten.state);
  };
  for (let node = nextOf(open, open.completedHead); node !== open.completedHead; node = nextOf(open, node)) {
    if ((node & 1) === 0) {
      addBase(node >>> 1);
    } else {
      for (; positionOf(open, pending) < positionOf(open, node); pending = nextOf(open, pending))
        addBase(pending >>> 1);
      if (bases.length > MAX_BASES || ++answers > MAX_ANSWERS) return false;
      const { input, output } = defined(operations[node >>> 1], 'operation');
      if (output !== undefined && !bases.some((base) => lookAhead.canBecome(base, input, output))) return true;
    }
  }
  return false;
}
