// SPDX-License-Identifier: Apache-2.0

/** What `step` returns when the output cannot be the answer to the input in that state. */
export const ILLEGAL: unique symbol = Symbol('illegal');

/**
 * The sequential specification of one object, against which a concurrent history is judged.
 * States are immutable values: `step` returns a new one and never changes its argument.
 */
export interface Model<State, Input, Output> {
  readonly name: string;
  /** The state of every partition before its first operation. */
  readonly init: State;
  /** Names the independent part of the state that an operation touches; parts are checked separately (P-compositionality). */
  partition(input: Input): string;
  /**
   * The state after the operation took effect, or `ILLEGAL` when it cannot have given this output.
   * An undefined output means that the outcome is unknown: every effect the operation can have is then legal.
   */
  step(state: State, input: Input, output: Output | undefined): State | typeof ILLEGAL;
  /**
   * True when the operation with this output leaves every state in which it is legal unchanged.
   * The search then places it as soon as it fits and never tries another place, so a wrong `true` makes verdicts wrong.
   */
  readOnly(input: Input, output: Output | undefined): boolean;
  /** A string that is equal exactly for equal states. */
  stateKey(state: State): string;
  /** Without it the search is right too, only slower where the order of writes shows in later answers. */
  readonly lookAhead?: LookAhead<State, Input, Output>;
}

/**
 * Lets the search give up a state from which an answer that must still be explained is out of reach. Operations fall into
 * those that leave the same state whatever was before, or change nothing, and those that build on the state before.
 */
export interface LookAhead<State, Input, Output> {
  /** The state that an operation of the first sort leaves when it changes anything; undefined for the second sort. */
  overwritesWith(input: Input): { readonly state: State } | undefined;
  /**
   * False when operations that build on the state cannot turn it into one in which the output answers the input.
   * A wrong `false` makes verdicts wrong; true is always allowed.
   */
  canBecome(state: State, input: Input, output: Output): boolean;
}
