// SPDX-License-Identifier: Apache-2.0
import { compareBytes, concatBytes, toHex } from '@shortlink/common/bytes.ts';
import { defined } from '@shortlink/common/assert.ts';
import { candidateOf } from '../../lifecycle/chunk-set.ts';
import type { ChunkRun } from '../../lifecycle/chunk-set.ts';
import type { ColdFound, ColdNeed } from '../cold-overlay.ts';
import { mergePages } from '../generations.ts';
import type { HotPage, HotScan } from '../generations.ts';
import type { Namespace } from '../keys.ts';
import type { StateRow } from '../state-reader.ts';
import { MemoryState } from './memory-state.ts';

/** The rows of objects in memory, read by the chunk set of a shard: the cold tier for tests. */
export class MemoryChunks {
  readonly #rowsByName = new Map<string, MemoryState>();

  /** Rows under their chunk keys. */
  put(name: string, rows: readonly StateRow[]): void {
    const state = new MemoryState();
    for (const { key, value } of rows) state.put(key, value);
    this.#rowsByName.set(name, state);
  }

  delete(name: string): void {
    this.#rowsByName.delete(name);
  }

  rowsOf(name: string): readonly StateRow[] {
    return this.#state(name).rows();
  }

  row(runs: readonly ChunkRun[], namespace: Namespace, suffix: Uint8Array): Uint8Array | undefined {
    const key = concatBytes(Uint8Array.of(namespace), suffix);
    for (const run of runs) {
      const chunk = candidateOf(run, key);
      const value = chunk === undefined ? undefined : this.#state(chunk.object.name).get(key);
      if (value !== undefined) return value;
    }
    return undefined;
  }

  answer(runs: readonly ChunkRun[], need: ColdNeed): ColdFound {
    if (need.kind === 'row') return { kind: 'row', value: this.row(runs, need.namespace, need.suffix) };
    if (need.kind === 'free')
      return { kind: 'free', isFree: this.row(runs, need.namespace, need.suffix) === undefined };
    const { namespace, scan } = need;
    const chunks = runs.flatMap((run) => run.chunks);
    const pages = chunks.map(({ object }) => pageOf(this.#state(object.name), namespace, scan));
    return { kind: 'page', page: mergePages(pages, scan) };
  }

  /** Suffixes of a namespace that any chunk has. */
  suffixes(runs: readonly ChunkRun[], namespace: Namespace): Uint8Array[] {
    const rows = runs.flatMap((run) => run.chunks.flatMap(({ object }) => this.rowsOf(object.name)));
    const keys = rows.filter(({ key }) => key[0] === namespace).map(({ key }) => key.subarray(1));
    return [...new Map(keys.map((key) => [toHex(key), key])).values()];
  }

  #state(name: string): MemoryState {
    return defined(this.#rowsByName.get(name), `rows of ${name}`);
  }
}

function pageOf(rows: MemoryState, namespace: Namespace, { gte, lt, reverse, limit, maxBytes }: HotScan): HotPage {
  const end = lt === undefined ? Uint8Array.of(namespace + 1) : concatBytes(Uint8Array.of(namespace), lt);
  const start = concatBytes(Uint8Array.of(namespace), gte);
  if (compareBytes(start, end) >= 0) return { rows: [], more: false };
  const found = rows.scan({ gte: start, lt: end }, { limit, maxBytes, reverse });
  const bytes = found.reduce((sum, { key, value }) => sum + key.length + value.length, 0);
  const page = found.map(({ key, value }) => ({ key: key.subarray(1), value }));
  return { rows: page, more: page.length > 0 && (page.length >= limit || bytes > maxBytes) };
}
