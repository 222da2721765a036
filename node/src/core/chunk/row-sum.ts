// SPDX-License-Identifier: Apache-2.0
import { assert } from '@shortlink/common/assert.ts';
import { ByteWriter } from '@shortlink/common/byte-writer.ts';
import type { ChunkCodec } from './chunk-codec.ts';
import type { ChunkRow } from './chunk-row.ts';

export const rowSumBytes = 32;

const lanes = rowSumBytes / 4;
const laneModulus = 0x1_0000_0000;
/** Lanes are doubles: after as many additions of 32 bits they are still exact. */
const additionsBeforeCarry = 2 ** 20;

/**
 * The sum modulo 2^256 of the SHA-256 of each row: equal for equal multisets of rows, whatever their order. What a merge
 * reads must sum up to what it writes plus what it drops (the idea of setsum, storage research §1.10).
 */
export class RowSum {
  readonly #codec: ChunkCodec;
  /** Most significant first. */
  readonly #lanes = new Float64Array(lanes);
  #additions = 0;
  readonly #writer = new ByteWriter();

  constructor(codec: ChunkCodec) {
    this.#codec = codec;
  }

  add(row: ChunkRow): void {
    this.#writer.clear();
    this.#writer.bytes(row.key).bytes(row.value);
    this.addSum(this.#codec.sha256Of(this.#writer.view()));
  }

  /** Adds the rows behind another sum. */
  addSum(sum: Uint8Array): void {
    assert(sum.length === rowSumBytes, `row sum of ${sum.length} bytes`);
    const values = this.#lanes;
    for (let lane = 0, at = 0; lane < lanes; lane++, at += 4) {
      const high = ((sum[at] ?? 0) << 8) | (sum[at + 1] ?? 0);
      const low = ((sum[at + 2] ?? 0) << 8) | (sum[at + 3] ?? 0);
      values[lane] = (values[lane] ?? 0) + high * 0x1_0000 + low;
    }
    if (++this.#additions >= additionsBeforeCarry) this.#carry();
  }

  /** 32 bytes, big endian. */
  value(): Uint8Array {
    this.#carry();
    const writer = new ByteWriter();
    for (const lane of this.#lanes) writer.uint32(lane);
    return writer.finishApart();
  }

  #carry(): void {
    let carry = 0;
    for (let lane = lanes - 1; lane >= 0; lane--) {
      const value = (this.#lanes[lane] ?? 0) + carry;
      carry = Math.floor(value / laneModulus);
      this.#lanes[lane] = value - carry * laneModulus;
    }
    this.#additions = 0;
  }
}
