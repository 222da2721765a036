// SPDX-License-Identifier: Apache-2.0
import { decodeChunkRecord, encodeChunkRecord, encodeGarbageRecord } from '../lifecycle/records-codec.ts';
import type { ChunkObject, ChunkRecord } from '../lifecycle/types.ts';
import { deleteEffect, putEffect } from './apply-context.ts';
import type { ApplyContext } from './apply-context.ts';
import { namespaceRange, namespaces, objectKey } from './keys.ts';

// The chunk set and what has left it, as apply reads and writes them.

export function readChunk(context: ApplyContext, name: string): ChunkRecord | undefined {
  const bytes = context.tx.get(objectKey(namespaces.chunk, context.tx.scope, name));
  return bytes === undefined ? undefined : decodeChunkRecord(bytes);
}

/** All of them, in no order. */
export function readChunkSet({ tx }: ApplyContext): ChunkRecord[] {
  return tx.values(namespaceRange(namespaces.chunk, tx.scope)).map(decodeChunkRecord);
}

export function putChunk(context: ApplyContext, chunk: ChunkRecord): void {
  putEffect(context, objectKey(namespaces.chunk, context.tx.scope, chunk.object.name), encodeChunkRecord(chunk));
}

export function removeChunk(context: ApplyContext, name: string): void {
  deleteEffect(context, objectKey(namespaces.chunk, context.tx.scope, name));
}

/** The object may be deleted one day, by the rules of the collector. */
export function discard(context: ApplyContext, { name, sizeBytes }: ChunkObject): void {
  const { state, tx } = context;
  const record = { name, sizeBytes, unlinkedVersion: state.chunkSetVersion, unlinkedAtMs: state.timeMs };
  putEffect(context, objectKey(namespaces.garbage, tx.scope, name), encodeGarbageRecord(record));
}
