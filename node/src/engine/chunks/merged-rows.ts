// SPDX-License-Identifier: Apache-2.0
import { toHex } from '@shortlink/common/bytes.ts';
import { ChunkCorruptError } from '../../core/chunk/chunk-corrupt-error.ts';
import { ChunkReader } from '../../core/chunk/chunk-reader.ts';
import type { ChunkRow } from '../../core/chunk/chunk-row.ts';
import { openTail } from '../../core/chunk/chunk-source.ts';
import { describeStateRow } from '../../core/chunk/describe-state-row.ts';
import { mergeRows } from '../../core/chunk/merge-rows.ts';
import type { SortedRows } from '../../core/chunk/merge-rows.ts';
import { RowSum } from '../../core/chunk/row-sum.ts';
import { runsOf } from '../../core/lifecycle/chunk-set.ts';
import { nothingOlder } from '../../core/lifecycle/merge-rules.ts';
import type { ChunkRecord, DroppedRows, MergeRecord } from '../../core/lifecycle/types.ts';
import type { ChunkContext } from './chunk-context.ts';
import { nearestSource, pacedSource } from './nearest-source.ts';
import { objectSource } from './object-source.ts';

/** The merge is over, or not this node's any more: whatever was done for it is of no use. */
export class MergeStoppedError extends Error {
  override readonly name = 'MergeStoppedError';
}

export interface MergeSources {
  readonly record: MergeRecord;
  /** The chunk set. */
  readonly chunks: readonly ChunkRecord[];
  /** Only the object store is asked for inputs: copies that are nearer have disappointed. */
  readonly fromStore: boolean;
  /** False when nothing would come of going on. */
  readonly isWanted: () => boolean;
}

/** The rows of a merge as they come out of its inputs, and what does not. The same on every node. */
export class MergedRows {
  /** The newest rows first. */
  readonly inputs: readonly ChunkRecord[];
  readonly #context: ChunkContext;
  readonly #sources: MergeSources;
  readonly #sum: RowSum;
  #dropped = 0;

  /** @throws MergeStoppedError when an input has left the set. */
  constructor(context: ChunkContext, sources: MergeSources) {
    const names = new Set(sources.record.inputs);
    this.inputs = sources.chunks.filter(({ object }) => names.has(object.name));
    if (this.inputs.length < names.size) throw new MergeStoppedError('an input has left the chunk set');
    this.#context = context;
    this.#sources = sources;
    this.#sum = new RowSum(context.codec);
  }

  async *read(): AsyncGenerator<readonly ChunkRow[]> {
    const { isWanted, chunks } = this.#sources;
    // Chunks of a run follow one another: one reader for each run, whatever the number of chunks.
    const sources = runsOf(this.inputs).map((run) => this.#rowsOf(run.chunks));
    const dropped = (row: ChunkRow): void => {
      this.#sum.add(row);
      this.#dropped++;
    };
    const options = { describe: describeStateRow, dropped, nothingOlder: nothingOlder(this.inputs, chunks) };
    for await (const rows of mergeRows(sources, options)) {
      await this.#context.breathe();
      if (!isWanted()) throw new MergeStoppedError('the merge is over');
      yield rows;
    }
  }

  /** Of what was read until now. */
  get dropped(): DroppedRows {
    return { rows: this.#dropped, checksum: toHex(this.#sum.value()) };
  }

  async *#rowsOf(chunks: readonly ChunkRecord[]): SortedRows {
    for (const chunk of chunks) yield* this.#rowsOfChunk(chunk);
  }

  async *#rowsOfChunk(chunk: ChunkRecord): SortedRows {
    const { codec, observer, objects } = this.#context;
    const { name, sizeBytes: chunkBytes, tailBytes } = chunk.object;
    const isNear = !this.#sources.fromStore;
    const nearest = isNear ? nearestSource(this.#context, chunk) : objectSource(objects, name, chunkBytes);
    const source = pacedSource(this.#context, nearest);
    try {
      const tail = await openTail(source, { codec, chunkBytes, tailBytes });
      yield* new ChunkReader({ tail, source, codec }).rows();
    } catch (error) {
      if (error instanceof ChunkCorruptError) observer.count('corrupt', chunkBytes);
      throw error;
    }
  }
}
