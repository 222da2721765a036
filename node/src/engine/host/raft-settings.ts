// SPDX-License-Identifier: Apache-2.0

/** Options of every Raft group of a node. */
export interface RaftSettings {
  readonly electionTicks: number;
  readonly heartbeatTicks: number;
  readonly maxSizePerMsgBytes: number;
  readonly maxCommittedSizePerReadyBytes: number;
  readonly maxUncommittedEntriesSizeBytes: number;
  readonly maxInflightMsgs: number;
  readonly maxInflightBytes: number;
}
