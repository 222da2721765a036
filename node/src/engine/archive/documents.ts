// SPDX-License-Identifier: Apache-2.0
import type { ClusterId } from '@shortlink/common/ids.ts';
import { limits } from '@shortlink/common/limits.ts';
import { decodeDocument, documentMaxBytes, encodeDocument } from '../../core/archive/manifests.ts';
import type { ArchiveDocument } from '../../core/archive/manifests.ts';
import type { ListedManifest } from '../../core/archive/thin-manifests.ts';
import type { ChunkCodec } from '../../core/chunk/chunk-codec.ts';
import { sequenceOfName } from '../../core/lifecycle/object-names.ts';
import type { ObjectStore, PutOutcome } from '../../ports/object-store.ts';

/** The store, and what checks what is in it. */
export interface ArchiveStore {
  readonly objects: ObjectStore;
  readonly codec: ChunkCodec;
}

const timeoutMs = 60_000;

/** Creates a document; `exists` when there is another one of that name. @throws ObjectStoreError */
export async function putDocument(
  { objects, codec }: ArchiveStore,
  name: string,
  document: ArchiveDocument,
): Promise<PutOutcome> {
  const bytes = encodeDocument(document, (input) => codec.sha256Of(input));
  return objects.put(name, bytes, { timeoutMs, crc32: codec.crc32(bytes) });
}

/** Undefined when there is none. @throws DecodeError, ObjectStoreError */
export async function getDocument<K extends ArchiveDocument['kind']>(
  { objects, codec }: ArchiveStore,
  expected: { readonly kind: K; readonly clusterId: ClusterId; readonly name: string },
): Promise<Extract<ArchiveDocument, { readonly kind: K }> | undefined> {
  const bytes = await objects.get(expected.name, { timeoutMs, maxBytes: documentMaxBytes });
  return bytes === undefined ? undefined : decodeDocument(bytes, expected, (input) => codec.sha256Of(input));
}

/** Documents whose names are numbers below a prefix, the highest number first. @throws ObjectStoreError */
export async function listSequence({ objects }: ArchiveStore, prefix: string): Promise<ListedManifest[]> {
  const found: ListedManifest[] = [];
  let cursor: string | undefined;
  do {
    const page = await objects.list({ prefix, limit: limits.objectListMaxNames, cursor }, { timeoutMs });
    for (const { name, modifiedMs } of page.objects) {
      const sequence = sequenceOfName(name);
      if (sequence !== undefined) found.push({ name, sequence, modifiedMs });
    }
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return found.reverse();
}
