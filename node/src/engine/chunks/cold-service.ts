// SPDX-License-Identifier: Apache-2.0
import { compareBytes, concatBytes } from '@shortlink/common/bytes.ts';
import { ServiceError } from '@shortlink/common/errors.ts';
import type { ChunkReader } from '../../core/chunk/chunk-reader.ts';
import type { ChunkRecord } from '../../core/lifecycle/types.ts';
import type { ColdFound, ColdNeed } from '../../core/statemachine/cold-overlay.ts';
import { mergePages } from '../../core/statemachine/generations.ts';
import type { HotPage } from '../../core/statemachine/generations.ts';
import { shardStateKey } from '../../core/statemachine/keys.ts';
import { readChunks } from '../../core/statemachine/read-lifecycle.ts';
import { decodeShardState } from '../../core/statemachine/shard-state.ts';
import type { ColdAnswer, ColdQuery, ColdTier } from '../../ports/cold-tier.ts';
import type { Timers } from '../../ports/clock.ts';
import type { KvReader } from '../../ports/kv-engine.ts';
import { stateReader } from '../machines/shard-machine.ts';
import type { ChunkLibrary } from './chunk-library.ts';
import { ObjectMissingError } from './object-source.ts';

type RowNeed = Extract<ColdNeed, { readonly kind: 'row' }>;
type PageNeed = Extract<ColdNeed, { readonly kind: 'page' }>;

/** Chunk sets of copies that are remembered; each shard of a node has one, and a few old ones are on their way out. */
const setsMax = 4096;

export interface ColdServiceOptions {
  readonly reader: KvReader;
  readonly library: ChunkLibrary;
  readonly timers: Timers;
  /** An object of the chunk set is not in the store, and the set has not changed: rows are lost unless a holder has them. */
  readonly onMissing: (message: string) => void;
  /** A defect: nothing that a store, a disk or a network does comes here. */
  readonly onFatal: (error: unknown) => void;
}

/** Answers questions about the chunks of the shards that have a replica here (design §6). */
export class ColdService implements ColdTier {
  readonly #options: ColdServiceOptions;
  readonly #sets = new Map<string, readonly ChunkRecord[]>();

  constructor(options: ColdServiceOptions) {
    this.#options = options;
  }

  async query(query: ColdQuery, timeoutMs: number): Promise<ColdAnswer> {
    const { promise, resolve } = Promise.withResolvers<ColdAnswer>();
    const late = { kind: 'unavailable', message: 'the chunks did not answer in time; try again' } as const;
    const cancel = this.#options.timers.after(timeoutMs, () => resolve(late));
    void this.#answer(query)
      .catch((error: unknown) => this.#failure(query, error))
      .then(resolve, this.#options.onFatal);
    return promise.finally(cancel);
  }

  async #answer(query: ColdQuery): Promise<ColdAnswer> {
    const chunks = this.#chunkSet(query);
    if (chunks === undefined) return { kind: 'moved' };
    const rowNeeds = query.needs.filter((need) => need.kind === 'row');
    const rows = await this.#rows(chunks, rowNeeds);
    let next = 0;
    const found: ColdFound[] = [];
    for (const need of query.needs) {
      found.push(
        need.kind === 'row'
          ? { kind: 'row', value: rows[next++] }
          : { kind: 'page', page: await this.#page(chunks, need) },
      );
    }
    return { kind: 'found', found };
  }

  /** Undefined when the copy has another version now. Newest chunks first. */
  #chunkSet({ shard, slot, version }: ColdQuery): readonly ChunkRecord[] | undefined {
    const name = `${shard} ${slot} ${version}`;
    const known = this.#sets.get(name);
    if (known !== undefined) return known;
    const { reader } = this.#options;
    const chunks = readChunks(stateReader(reader), { shard, slot });
    // Rows first, then their version: a set that changed meanwhile shows in it.
    if (this.#version(shard, slot) !== version) return undefined;
    chunks.sort((a, b) => b.lastGeneration - a.lastGeneration);
    this.#sets.set(name, chunks);
    const oldest = this.#sets.keys().next().value;
    if (this.#sets.size > setsMax && oldest !== undefined) this.#sets.delete(oldest);
    return chunks;
  }

  #version(shard: number, slot: number): number | undefined {
    const row = this.#options.reader.get('state', shardStateKey({ shard, slot }));
    return row === undefined ? undefined : decodeShardState(row).chunkSetVersion;
  }

  /** Chunk by chunk, the newest first: the first one that has a row has the newest. */
  async #rows(chunks: readonly ChunkRecord[], needs: readonly RowNeed[]): Promise<(Uint8Array | undefined)[]> {
    const values: (Uint8Array | undefined)[] = needs.map(() => undefined);
    let open = needs.map((need, place) => ({ place, key: chunkKey(need.namespace, need.suffix) }));
    for (const chunk of chunks) {
      const candidates = open.filter(({ key }) => isInChunk(chunk, key));
      if (candidates.length === 0) continue;
      const keys = candidates.map(({ key }) => key);
      const rows = await this.#options.library.with(chunk, async (reader) => reader.getMany(keys));
      for (const [i, { place }] of candidates.entries()) values[place] = rows[i];
      open = open.filter(({ place }) => values[place] === undefined);
      if (open.length === 0) break;
    }
    return values;
  }

  async #page(chunks: readonly ChunkRecord[], { namespace, scan }: PageNeed): Promise<HotPage> {
    const gte = chunkKey(namespace, scan.gte);
    const lt = scan.lt === undefined ? Uint8Array.of(namespace + 1) : chunkKey(namespace, scan.lt);
    const { limit, reverse } = scan;
    const pages: HotPage[] = [];
    for (const chunk of chunks) {
      if (compareBytes(chunk.object.lastKey, gte) < 0 || compareBytes(chunk.object.firstKey, lt) >= 0) continue;
      const read = async (reader: ChunkReader) => reader.scan({ gte, lt }, { limit, reverse });
      const rows = await this.#options.library.with(chunk, read);
      const suffixes = rows.map(({ key, value }) => ({ key: key.subarray(1), value }));
      pages.push({ rows: suffixes, more: rows.length >= limit });
    }
    return mergePages(pages, scan);
  }

  #failure(query: ColdQuery, error: unknown): ColdAnswer {
    if (error instanceof ServiceError) return { kind: 'unavailable', message: error.message };
    if (!(error instanceof ObjectMissingError)) throw error;
    // Objects are deleted only after they have left the set: it has moved on, or this is a loss.
    if (this.#version(query.shard, query.slot) !== query.version) return { kind: 'moved' };
    this.#options.onMissing(error.message);
    return { kind: 'unavailable', message: `${error.message}, and no copy of it is near` };
  }
}

function chunkKey(namespace: number, suffix: Uint8Array): Uint8Array {
  return concatBytes(Uint8Array.of(namespace), suffix);
}

function isInChunk({ object }: ChunkRecord, key: Uint8Array): boolean {
  return compareBytes(object.firstKey, key) <= 0 && compareBytes(key, object.lastKey) <= 0;
}
