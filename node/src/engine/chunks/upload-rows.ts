// SPDX-License-Identifier: Apache-2.0
import type { ChunkParameters } from '../../core/chunk/chunk-parameters.ts';
import type { ChunkRow, DescribeRow } from '../../core/chunk/chunk-row.ts';
import { ChunkWriter } from '../../core/chunk/chunk-writer.ts';
import type { ChunkOrigin } from '../../core/chunk/tail/chunk-properties.ts';
import type { ChunkObject } from '../../core/lifecycle/types.ts';
import type { ChunkContext } from './chunk-context.ts';
import { objectOf } from './chunk-object.ts';
import { ObjectSink } from './object-sink.ts';

export interface RowsUpload {
  readonly name: string;
  readonly origin: ChunkOrigin;
  readonly describe: DescribeRow;
  readonly parameters: ChunkParameters;
  /** In the order of their keys; at least one. */
  readonly pages: Iterable<readonly ChunkRow[]>;
  /** Asked when all rows were read, before the object is made: false when they cannot be trusted. */
  readonly isWhole: () => boolean;
}

/**
 * Writes rows as a chunk into the object store, in bounded memory. Undefined when they were not whole; nothing is left then.
 * @throws ObjectStoreError; whether the object is there is not known then.
 */
export async function uploadRows(
  context: Pick<ChunkContext, 'objects' | 'codec' | 'breathe'>,
  upload: RowsUpload,
): Promise<ChunkObject | undefined> {
  const { objects, codec, breathe } = context;
  const { name, origin, describe, parameters } = upload;
  const sink = new ObjectSink(objects, name, (bytes) => codec.crc32(bytes));
  try {
    const writer = new ChunkWriter({ codec, origin, describe, parameters, emit: (bytes) => sink.push(bytes) });
    for (const page of upload.pages) {
      for (const row of page) writer.add(row);
      await breathe();
      await sink.flush();
    }
    const summary = writer.finish();
    if (upload.isWhole()) {
      await sink.finish();
      return objectOf(name, summary);
    }
  } catch (error) {
    await sink.abort().catch(() => undefined);
    throw error;
  }
  await sink.abort();
  return undefined;
}
