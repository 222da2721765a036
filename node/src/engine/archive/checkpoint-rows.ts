// SPDX-License-Identifier: Apache-2.0
import { compareBytes, concatBytes } from '@shortlink/common/bytes.ts';
import type { ChunkRow } from '../../core/chunk/chunk-row.ts';
import { hotGet } from '../../core/statemachine/generations.ts';
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

/** The rows as they are now that some entries may have changed, in the order of their keys. */
export function changedRows(snapshot: ShardSnapshot, touched: TouchedRows): ChunkRow[] {
  const rows: ChunkRow[] = [];
  for (const point of touched.points) {
    const value = pointValue(snapshot, point);
    if (value !== undefined) rows.push({ key: chunkKey(point.namespace, point.suffix), value });
  }
  const { scope, state } = snapshot;
  for (const dedupKey of touched.dedupKeys) {
    for (const epoch of state.idempotencyEpochs) {
      const key = idempotencyKey(scope, epoch, dedupKey);
      const value = snapshot.get(key);
      if (value !== undefined) rows.push({ key: chunkKey(namespaces.idempotency, keySuffix(key)), value });
    }
  }
  return rows.sort((a, b) => compareBytes(a.key, b.key));
}

/** Undefined where a chunk has the row: it was hot, and its generation is retired. */
function pointValue(snapshot: ShardSnapshot, { namespace, suffix }: PointRow): Uint8Array | undefined {
  const { generations, chunkSetVersion, revision } = snapshot.state;
  const value = hotGet({ reader: snapshot, scope: snapshot.scope, generations }, namespace, suffix);
  if (value !== undefined) return value;
  // Without chunks a key that was deleted leaves nothing behind, and an earlier part may still hold it.
  if (namespace !== namespaces.kv || chunkSetVersion > 0) return undefined;
  return encodeKvValue({ value: undefined, createRevision: revision, revision, version: 0 });
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
