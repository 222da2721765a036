// SPDX-License-Identifier: Apache-2.0
import { DecodeError } from '@shortlink/common/byte-reader.ts';
import { compareBytes, equalBytes, toHex } from '@shortlink/common/bytes.ts';
import { BlockCutter, type BlockRows } from './blocks/block-cutter.ts';
import type { ChunkCodec } from './chunk-codec.ts';
import { decoding } from './chunk-corrupt-error.ts';
import type { ChunkReader } from './chunk-reader.ts';
import type { ChunkRow, DescribeRow } from './chunk-row.ts';
import { ContentDigest } from './content-digest.ts';
import { NamespaceTotals } from './namespace-totals.ts';
import { RowSum } from './row-sum.ts';
import type { ChunkTail } from './tail/chunk-tail.ts';
import { RevisionSpan } from './revision-span.ts';

export interface VerifyOptions {
  readonly codec: ChunkCodec;
  readonly describe: DescribeRow;
}

/**
 * Reads every row and checks all that the chunk says of them: checksums, order, digest, sum, counts, filter, expiries.
 * @throws ChunkCorruptError
 */
export async function verifyChunk(reader: ChunkReader, options: VerifyOptions): Promise<void> {
  const check = new ChunkCheck(reader.tail, options);
  let block = 0;
  for await (const rows of reader.rows()) {
    decoding(`block ${block}`, () => check.add(block, rows));
    block++;
  }
  decoding('the chunk', () => check.finish());
}

class ChunkCheck {
  readonly #tail: ChunkTail;
  readonly #describe: DescribeRow;
  readonly #digest: ContentDigest;
  readonly #sum: RowSum;
  readonly #revisions = new RevisionSpan();
  readonly #totals: NamespaceTotals[] = [];
  #lastKey: Uint8Array | undefined;

  constructor(tail: ChunkTail, { codec, describe }: VerifyOptions) {
    this.#tail = tail;
    this.#describe = describe;
    this.#digest = new ContentDigest(codec);
    this.#sum = new RowSum(codec);
  }

  add(block: number, rows: readonly ChunkRow[]): void {
    const { index } = this.#tail;
    const namespace = this.#tail.namespaceOf(block);
    const first = rows[0]?.key;
    if (first === undefined) throw new DecodeError('it has no rows');
    if (compareBytes(index.separator(block), first) > 0) throw new DecodeError('its separator is above its first key');
    const summary = this.#summarize(block, namespace, rows);
    const { storedBytes, rawBytes, latestExpiryMs } = index.entry(block);
    if (summary.rawBytes !== rawBytes || summary.latestExpiryMs !== latestExpiryMs)
      throw new DecodeError('its bytes or its latest expiry are not what the index says');
    const hasFilter = this.#tail.properties.namespaces.some((one) => one.namespace === namespace && one.hasFilter);
    if (this.#totals.at(-1)?.namespace !== namespace)
      this.#totals.push(new NamespaceTotals(namespace, hasFilter, first));
    this.#totals.at(-1)?.add(summary, storedBytes, this.#lastKey ?? first);
  }

  finish(): void {
    const { properties } = this.#tail;
    expectEqual('content digest', this.#digest.finish(), properties.contentDigest);
    expectEqual('sum of rows', this.#sum.value(), properties.rowSum);
    const counted = this.#totals.map((totals) => totals.properties());
    const isSame = JSON.stringify(counted) === JSON.stringify(properties.namespaces);
    if (!isSame) throw new DecodeError('the counts of its namespaces are not what was read');
    const { first, last } = properties.revisions ?? {};
    if (this.#revisions.range?.first !== first || this.#revisions.range?.last !== last)
      throw new DecodeError('its revisions are not those of its rows');
  }

  #summarize(block: number, namespace: number, rows: readonly ChunkRow[]): BlockRows {
    const cutter = new BlockCutter(Infinity);
    for (const row of rows) {
      const { key, value } = row;
      if (this.#lastKey !== undefined && compareBytes(this.#lastKey, key) >= 0)
        throw new DecodeError('keys do not rise');
      if (key[0] !== namespace) throw new DecodeError('a key belongs to another namespace');
      if (this.#tail.candidateBlock(key) !== block) throw new DecodeError('the filter or the index misses a key');
      const facts = this.#describe(key, value);
      this.#digest.add(row);
      this.#sum.add(row);
      this.#revisions.add(facts.revision);
      cutter.add(row, facts);
      this.#lastKey = key;
    }
    const summary = cutter.take();
    if (summary === undefined) throw new DecodeError('it has no rows');
    return summary;
  }
}

function expectEqual(what: string, actual: Uint8Array, expected: Uint8Array): void {
  if (!equalBytes(actual, expected))
    throw new DecodeError(`its ${what} is ${toHex(actual)} instead of ${toHex(expected)}`);
}
