// SPDX-License-Identifier: Apache-2.0
import { compareBytes, concatBytes } from '@shortlink/common/bytes.ts';
import type { ChunkRow } from '../../core/chunk/chunk-row.ts';
import { hotGetMany } from '../../core/statemachine/generations.ts';
import {
  generationRange,
  idempotencyKey,
  keySuffix,
  namespaceRange,
  namespaces,
} from '../../core/statemachine/keys.ts';
import type { Namespace } from '../../core/statemachine/keys.ts';
import { encodeKvValue } from '../../core/statemachine/kv-row.ts';
import type { StateRange } from '../../core/statemachine/state-reader.ts';
import type { PointRow } from '../../core/statemachine/command-rows.ts';
import type { ShardSnapshot } from './shard-snapshot.ts';
import type { TouchedRows } from './touched-rows.ts';

/** Namespaces of a generation whose rows make up the others: rows of indexes follow from those of links. */
const pointNamespaces = [namespaces.link, namespaces.kv] as const;

/** Looked up together. */
const pagePoints = 4096;

/** The rows as they are now that some entries may have changed, in the order of their keys. */
export async function changedRows(
  snapshot: ShardSnapshot,
  touched: TouchedRows,
  breathe: () => Promise<void>,
): Promise<ChunkRow[]> {
  const rows: ChunkRow[] = [];
  const { scope, state } = snapshot;
  for (const namespace of pointNamespaces) {
    const suffixes = touched.points.filter((point) => point.namespace === namespace).map(({ suffix }) => suffix);
    for (const page of pagesOfList(suffixes)) {
      for (const [i, value] of pointValues(snapshot, namespace, page).entries()) {
        const suffix = page[i];
        if (value !== undefined && suffix !== undefined) rows.push({ key: chunkKey(namespace, suffix), value });
      }
      await breathe();
    }
  }
  const { idempotencyEpochs: epochs } = state;
  const dedupKeys = touched.dedupKeys.flatMap((key) => epochs.map((epoch) => idempotencyKey(scope, epoch, key)));
  for (const page of pagesOfList(dedupKeys)) {
    for (const [i, value] of snapshot.getMany(page).entries()) {
      const key = page[i];
      if (value !== undefined && key !== undefined)
        rows.push({ key: chunkKey(namespaces.idempotency, keySuffix(key)), value });
    }
    await breathe();
  }
  return rows.sort((a, b) => compareBytes(a.key, b.key));
}

/** Undefined where a chunk has the row: it was hot, and its generation is retired. */
function pointValues(
  snapshot: ShardSnapshot,
  namespace: PointRow['namespace'],
  suffixes: readonly Uint8Array[],
): readonly (Uint8Array | undefined)[] {
  const { generations, chunkSetVersion, revision } = snapshot.state;
  const values = hotGetMany({ reader: snapshot, scope: snapshot.scope, generations }, namespace, suffixes);
  // Without chunks a key that was deleted leaves nothing behind, and an earlier part may still hold it.
  if (namespace !== namespaces.kv || chunkSetVersion > 0) return values;
  const gone = encodeKvValue({ value: undefined, createRevision: revision, revision, version: 0 });
  return values.map((value) => value ?? gone);
}

function* pagesOfList<T>(list: readonly T[]): Generator<readonly T[]> {
  for (let from = 0; from < list.length; from += pagePoints) yield list.slice(from, from + pagePoints);
}

/** All rows of one generation, some at a time, in the order of their keys; with the active one goes the idempotency memory. */
export function* generationRowsNow(snapshot: ShardSnapshot, generation: number): Generator<readonly ChunkRow[]> {
  const { scope, state } = snapshot;
  if (generation === state.generations[0]?.id) {
    yield* pagesOf(snapshot, namespaces.idempotency, namespaceRange(namespaces.idempotency, scope));
  }
  for (const namespace of pointNamespaces) {
    yield* pagesOf(snapshot, namespace, generationRange(namespace, scope, generation));
  }
}

function* pagesOf(snapshot: ShardSnapshot, namespace: Namespace, range: StateRange): Generator<readonly ChunkRow[]> {
  for (const page of snapshot.pages(range)) {
    yield page.map(({ key, value }) => ({ key: chunkKey(namespace, keySuffix(key)), value }));
  }
}

function chunkKey(namespace: Namespace, suffix: Uint8Array): Uint8Array {
  return concatBytes(Uint8Array.of(namespace), suffix);
}
