// SPDX-License-Identifier: Apache-2.0

export interface Random {
  /** A number in [0, 1). */
  fraction(): number;
  /** `length` bytes that nobody can guess. */
  bytes(length: number): Uint8Array;
}
