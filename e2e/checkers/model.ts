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
}
