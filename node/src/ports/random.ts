// SPDX-License-Identifier: Apache-2.0

/** Random bits: cryptographic in production, from the seed in the simulator. */
export interface Random {
  /** `length` random bytes. */
  bytes(length: number): Uint8Array;
  /** A uniform integer in [0, bound), bound at most 2^32. */
  int(bound: number): number;
}
