// SPDX-License-Identifier: Apache-2.0

export interface BenchPlan {
  /** All contenders write below it, so that all have the same file system. */
  readonly folder: string;
  readonly basePort: number;
  /** Numbers of clients of the write workloads. */
  readonly clients: readonly number[];
  readonly connections: number;
  readonly codes: number;
  /** Before each round. */
  readonly warmUpMs: number;
  /** Once for each contender, so that none is measured while it is still being compiled. */
  readonly firstWarmUpMs: number;
  readonly measureMs: number;
  readonly rounds: number;
  /** What runs now; shown on a terminal only. */
  readonly progress: (text: string) => void;
  /** What people should know beside the figures. */
  readonly note: (text: string) => void;
}

/** Offsets from the base port; the nodes use the offsets below 500. */
export const peerPorts = { etcd: 500, nginx: 540 } as const;
