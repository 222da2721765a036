// SPDX-License-Identifier: Apache-2.0
import { ByteWriter } from '@shortlink/common/byte-writer.ts';
import { equalBytes } from '@shortlink/common/bytes.ts';
import { encodeNumbers } from '../bits/number-column.ts';
import { blockEncodings } from '../blocks/block.ts';
import { writeFrame, type Compression } from '../blocks/frame.ts';
import type { ChunkRow } from '../chunk-row.ts';
import { codeNumber, usualCodeLength } from '../links/code-numbers.ts';
import { indexKinds } from './index-block-layout.ts';
import { splitIndexRow, type IndexRowParts } from './index-row-parts.ts';

/** A block of the index by creator or by expiry, in columns. Rows with the same head make a run. */
export function encodeIndexBlock(rows: readonly ChunkRow[], compression: Compression): Uint8Array {
  const parts = rows.map(splitIndexRow);
  const codeLength = usualCodeLength(parts.flatMap((one) => (one === undefined ? [] : [one.code])));
  const encoder = new IndexBlockEncoder(codeLength);
  for (const [i, row] of rows.entries()) {
    const split = parts[i];
    if (split === undefined) encoder.addOpaque(row);
    else encoder.add(split);
  }
  return encoder.finish(compression);
}

class IndexBlockEncoder {
  readonly #codeLength: number;
  readonly #kinds: number[] = [];
  readonly #runRows: number[] = [];
  readonly #firstNumbers: number[] = [];
  readonly #differences: number[] = [];
  readonly #codes: number[] = [];
  readonly #heads = new ByteWriter();
  readonly #others = new ByteWriter();
  #last: IndexRowParts | undefined;

  constructor(codeLength: number) {
    this.#codeLength = codeLength;
  }

  add(parts: IndexRowParts): void {
    const last = this.#last;
    const run = this.#runRows.length - 1;
    if (last !== undefined && equalBytes(last.head, parts.head)) {
      this.#runRows[run] = (this.#runRows[run] ?? 0) + 1;
      this.#differences.push(parts.number - last.number);
    } else {
      this.#runRows.push(1);
      this.#firstNumbers.push(parts.number);
      this.#heads.bytes(parts.head);
    }
    this.#last = parts;
    const code = this.#codeLength === 0 ? undefined : codeNumber(parts.code, 0, this.#codeLength);
    if (code === undefined) this.#others.bytes(parts.code);
    else this.#codes.push(code);
    this.#kinds.push((parts.isTombstone ? indexKinds.tombstone : 0) | (code === undefined ? indexKinds.namedCode : 0));
  }

  addOpaque({ key, value }: ChunkRow): void {
    this.#kinds.push(indexKinds.opaque);
    this.#others.bytes(key).bytes(value);
  }

  finish(compression: Compression): Uint8Array {
    const writer = new ByteWriter().uint8(blockEncodings.indexRows).uint8(this.#codeLength);
    writer.varint(this.#runRows.length);
    for (const column of [this.#kinds, this.#runRows, this.#firstNumbers, this.#differences, this.#codes])
      writer.bytes(encodeNumbers(column));
    writeFrame(writer, this.#heads.raw(this.#others.view()).view(), compression);
    return writer.finish();
  }
}
