// SPDX-License-Identifier: Apache-2.0

/** Knows what lies where the objects of a new cluster would go. */
export interface FormationGuard {
  /**
   * Why no new cluster may be formed there, in words, with what to do; undefined: it may. Also a store that cannot be asked
   * is a reason. Does not throw.
   */
  refusal(): Promise<string | undefined>;
}
