// SPDX-License-Identifier: Apache-2.0
import { defined } from '@shortlink/common/assert.ts';
import { compareBytes, toHex } from '@shortlink/common/bytes.ts';
import { ChunkCorruptError } from '../../core/chunk/chunk-corrupt-error.ts';
import type { ChunkRow } from '../../core/chunk/chunk-row.ts';
import { ContentDigest } from '../../core/chunk/content-digest.ts';
import type { ChunkObject, DroppedRows, MergeResult } from '../../core/lifecycle/types.ts';
import type { ChunkContext } from './chunk-context.ts';
import { MergedRows } from './merged-rows.ts';
import type { MergeSources } from './merged-rows.ts';
import { ObjectMissingError, objectSource } from './object-source.ts';
import { verifyObject } from './readback-work.ts';

/** What a node that did not merge found out: undefined when all is right, else what is wrong. */
export type MergeFlaw = string | undefined;

/**
 * Reads a merge again, every byte of it: the outputs from the object store, each of which must be what is on record; and
 * the inputs, which are merged once more and must give the rows of the outputs and drop what is on record.
 * @throws MergeStoppedError, ObjectStoreError and ChunkCorruptError of an input: nothing is known then.
 */
export async function verifyMerge(
  context: ChunkContext,
  sources: MergeSources,
  { outputs, dropped }: MergeResult,
): Promise<MergeFlaw> {
  const objects = outputs.map(({ object }) => object);
  for (const object of objects) {
    const flaw = await flawOfObject(context, object);
    if (flaw !== undefined) return flaw;
  }
  const rows = new MergedRows(context, sources);
  const expected = new ExpectedRows(context, objects);
  for await (const some of rows.read()) for (const row of some) expected.add(row);
  return expected.finish() ?? flawOfDropped(rows.dropped, dropped);
}

async function flawOfObject(context: ChunkContext, object: ChunkObject): Promise<MergeFlaw> {
  try {
    await verifyObject(context, object, objectSource(context.objects, object.name, object.sizeBytes));
    return undefined;
  } catch (error) {
    if (error instanceof ChunkCorruptError || error instanceof ObjectMissingError) return error.message;
    throw error;
  }
}

function flawOfDropped(actual: DroppedRows, expected: DroppedRows): MergeFlaw {
  if (actual.rows === expected.rows && actual.checksum === expected.checksum) return undefined;
  return `${actual.rows} rows are dropped here instead of ${expected.rows}`;
}

/** Rows in the order of keys, cut at the borders of outputs and compared with their digests. */
class ExpectedRows {
  readonly #context: ChunkContext;
  readonly #outputs: readonly ChunkObject[];
  #place = 0;
  #digest: ContentDigest;
  #flaw: MergeFlaw;

  constructor(context: ChunkContext, outputs: readonly ChunkObject[]) {
    this.#context = context;
    this.#outputs = outputs;
    this.#digest = new ContentDigest(context.codec);
  }

  add(row: ChunkRow): void {
    if (this.#flaw !== undefined) return;
    const output = this.#outputs[this.#place];
    if (output === undefined) {
      this.#flaw = 'rows of the inputs are in no output';
      return;
    }
    if (compareBytes(row.key, output.lastKey) <= 0) {
      this.#digest.add(row);
      return;
    }
    this.#endOutput();
    this.add(row);
  }

  finish(): MergeFlaw {
    while (this.#flaw === undefined && this.#place < this.#outputs.length) this.#endOutput();
    return this.#flaw;
  }

  #endOutput(): void {
    const { name, contentDigest } = defined(this.#outputs[this.#place], 'output');
    if (toHex(this.#digest.finish()) !== contentDigest) this.#flaw = `the rows of ${name} are not those of the inputs`;
    this.#place++;
    this.#digest = new ContentDigest(this.#context.codec);
  }
}
