// SPDX-License-Identifier: Apache-2.0

/** When a node that is not heard of counts as what. Times are measured from its last heartbeat. */
export interface RingSettings {
  readonly suspectAfterMs: number;
  readonly downAfterMs: number;
  readonly outAfterMs: number;
  /** Nothing moves while more than this percentage of the nodes is DOWN. */
  readonly brakePercent: number;
}
