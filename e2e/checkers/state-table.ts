// SPDX-License-Identifier: Apache-2.0
import { assert } from '@shortlink/common/assert.ts';
import type { Model } from './model.ts';

/** The states that a search has met, numbered from 0, so that equal states have equal numbers. */
export interface StateTable<State> {
  readonly states: State[];
  readonly idsByKey: Map<string, number>;
  /** An estimate of what the keys occupy, for the search's memory limit. */
  keyBytes: number;
}

/** A Map entry with its string header, beside two bytes for each character. */
const BYTES_PER_ENTRY = 64;

export function createStateTable<State>(): StateTable<State> {
  return { states: [], idsByKey: new Map(), keyBytes: 0 };
}

export function stateId<State, Input, Output>(
  table: StateTable<State>,
  model: Model<State, Input, Output>,
  state: State,
): number {
  const key = model.stateKey(state);
  const known = table.idsByKey.get(key);
  if (known !== undefined) return known;
  const id = table.states.length;
  table.states.push(state);
  table.idsByKey.set(key, id);
  table.keyBytes += key.length * 2 + BYTES_PER_ENTRY;
  return id;
}

export function stateOf<State>(table: StateTable<State>, id: number): State {
  assert(id < table.states.length, `state ${id} is known`);
  return table.states[id] as State;
}
