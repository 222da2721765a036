// SPDX-License-Identifier: Apache-2.0
import { ChunkCorruptError } from '../../core/chunk/chunk-corrupt-error.ts';
import type { ChunkObject } from '../../core/lifecycle/types.ts';
import { readExactly } from '../../core/chunk/chunk-source.ts';
import { ObjectSink } from '../chunks/object-sink.ts';
import { ObjectMissingError, objectSource } from '../chunks/object-source.ts';
import { verifyObject } from '../chunks/readback-work.ts';
import type { RebuildContext } from './rebuild-context.ts';

/** Chunks on their way at the same time: each takes two parts of memory. */
const parallelCopies = 4;
const pieceBytes = 4 * 1024 * 1024;
const headTimeoutMs = 30_000;

export interface ChunkCopy {
  readonly object: ChunkObject;
  /** Name of the copy; that of the object where it is to be used in place. */
  readonly to: string;
}

/**
 * Copies chunks and reads every row of the copies. What an earlier attempt has copied already is only read.
 * @returns names of the objects that are missing or damaged, with the reason.
 */
export async function copyChunks(
  context: RebuildContext,
  copies: readonly ChunkCopy[],
): Promise<ReadonlyMap<string, string>> {
  const damaged = new Map<string, string>();
  const waiting = copies.values();
  let done = 0;
  const worker = async (): Promise<void> => {
    for (const copy of waiting) {
      const problem = await copyOne(context, copy);
      if (problem !== undefined) damaged.set(copy.object.name, problem);
      done++;
      context.onProgress('chunks checked', done, copies.length);
    }
  };
  await Promise.all(Array.from({ length: Math.min(parallelCopies, copies.length) }, worker));
  return damaged;
}

async function copyOne(context: RebuildContext, { object, to }: ChunkCopy): Promise<string | undefined> {
  try {
    if (to !== object.name) await copyBytes(context, object, to);
    const { to: store, breathe } = context;
    const copy = { ...object, name: to };
    const paceless = { codec: store.codec, breathe, pace: async () => {} };
    await verifyObject(paceless, copy, objectSource(store.objects, to, object.sizeBytes));
    return undefined;
  } catch (error) {
    if (error instanceof ChunkCorruptError || error instanceof ObjectMissingError) return error.message;
    throw error;
  }
}

async function copyBytes({ from, to, breathe }: RebuildContext, object: ChunkObject, name: string): Promise<void> {
  const there = await to.objects.head(name, { timeoutMs: headTimeoutMs });
  if (there?.size === object.sizeBytes) return;
  const source = objectSource(from.objects, object.name, object.sizeBytes);
  const sink = new ObjectSink(to.objects, name, (bytes) => to.codec.crc32(bytes));
  try {
    for (let offset = 0; offset < object.sizeBytes; offset += pieceBytes) {
      sink.push(await readExactly(source, offset, Math.min(pieceBytes, object.sizeBytes - offset)));
      await sink.flush();
      await breathe();
    }
    await sink.finish();
  } catch (error) {
    await sink.abort().catch(() => undefined);
    throw error;
  }
}
