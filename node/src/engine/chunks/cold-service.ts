// SPDX-License-Identifier: Apache-2.0
import { compareBytes, concatBytes } from '@shortlink/common/bytes.ts';
import { ServiceError } from '@shortlink/common/errors.ts';
import type { ChunkReader } from '../../core/chunk/chunk-reader.ts';
import { candidateOf, runsOf } from '../../core/lifecycle/chunk-set.ts';
import type { ChunkRun } from '../../core/lifecycle/chunk-set.ts';
import type { ChunkRecord } from '../../core/lifecycle/types.ts';
import type { ColdFound, ColdNeed } from '../../core/statemachine/cold-overlay.ts';
import { mergePages } from '../../core/statemachine/generations.ts';
import type { HotPage } from '../../core/statemachine/generations.ts';
import { shardStateKey } from '../../core/statemachine/keys.ts';
import { readChunks } from '../../core/statemachine/read-lifecycle.ts';
import { decodeShardState } from '../../core/statemachine/shard-state.ts';
import type { StateRow } from '../../core/statemachine/state-reader.ts';
import type { ColdAnswer, ColdQuery, ColdTier } from '../../ports/cold-tier.ts';
import type { Timers } from '../../ports/clock.ts';
import type { KvReader } from '../../ports/kv-engine.ts';
import { stateReader } from '../machines/shard-machine.ts';
import type { ChunkLibrary } from './chunk-library.ts';
import { ObjectMissingError } from './object-source.ts';

type KeyNeed = Exclude<ColdNeed, { readonly kind: 'page' }>;
/** One answer for each key; undefined: the next run is asked. */
type Ask = (reader: ChunkReader, keys: readonly Uint8Array[]) => Promise<(Uint8Array | undefined)[]>;
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
  readonly #sets = new Map<string, readonly ChunkRun[]>();

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
    const runs = this.#runs(query);
    if (runs === undefined) return { kind: 'moved' };
    const rowNeeds = query.needs.filter((need) => need.kind === 'row');
    const rows = await this.#lookUp(runs, rowNeeds, async (reader, keys) => reader.getMany(keys));
    const freeNeeds = query.needs.filter((need) => need.kind === 'free');
    const perhaps = await this.#lookUp(runs, freeNeeds, async (reader, keys) =>
      keys.map((key) => (reader.mayContain(key) ? key : undefined)),
    );
    const found: ColdFound[] = [];
    for (const need of query.needs) {
      if (need.kind === 'row') found.push({ kind: 'row', value: rows.shift() });
      else if (need.kind === 'free') found.push({ kind: 'free', isFree: perhaps.shift() === undefined });
      else found.push({ kind: 'page', page: await this.#page(runs, need) });
    }
    return { kind: 'found', found };
  }

  /** Undefined when the copy has another version now. Newest rows first. */
  #runs({ shard, slot, version }: ColdQuery): readonly ChunkRun[] | undefined {
    const name = `${shard} ${slot} ${version}`;
    const known = this.#sets.get(name);
    if (known !== undefined) return known;
    const chunks = readChunks(stateReader(this.#options.reader), { shard, slot });
    // Rows first, then their version: a set that changed meanwhile shows in it.
    if (this.#version(shard, slot) !== version) return undefined;
    const runs = runsOf(chunks);
    this.#sets.set(name, runs);
    const oldest = this.#sets.keys().next().value;
    if (this.#sets.size > setsMax && oldest !== undefined) this.#sets.delete(oldest);
    return runs;
  }

  #version(shard: number, slot: number): number | undefined {
    const row = this.#options.reader.get('state', shardStateKey({ shard, slot }));
    return row === undefined ? undefined : decodeShardState(row).chunkSetVersion;
  }

  /** Run by run, the newest first: the first one that has a row has the newest (CL-I9). */
  async #lookUp(runs: readonly ChunkRun[], needs: readonly KeyNeed[], ask: Ask): Promise<(Uint8Array | undefined)[]> {
    const values: (Uint8Array | undefined)[] = needs.map(() => undefined);
    let open = needs.map((need, place) => ({ place, key: chunkKey(need.namespace, need.suffix) }));
    for (const run of runs) {
      const keysByChunk = new Map<ChunkRecord, { place: number; key: Uint8Array }[]>();
      for (const wanted of open) {
        const chunk = candidateOf(run, wanted.key);
        if (chunk === undefined) continue;
        const ofChunk = keysByChunk.get(chunk);
        if (ofChunk === undefined) keysByChunk.set(chunk, [wanted]);
        else ofChunk.push(wanted);
      }
      for (const [chunk, wanted] of keysByChunk) {
        const keys = wanted.map(({ key }) => key);
        const answers = await this.#options.library.with(chunk, async (reader) => ask(reader, keys));
        for (const [i, { place }] of wanted.entries()) values[place] = answers[i];
      }
      open = open.filter(({ place }) => values[place] === undefined);
      if (open.length === 0) break;
    }
    return values;
  }

  async #page(runs: readonly ChunkRun[], { namespace, scan }: PageNeed): Promise<HotPage> {
    const gte = chunkKey(namespace, scan.gte);
    const lt = scan.lt === undefined ? Uint8Array.of(namespace + 1) : chunkKey(namespace, scan.lt);
    const pages: HotPage[] = [];
    for (const run of runs) pages.push(await this.#pageOfRun(run, { gte, lt }, scan));
    return mergePages(pages, scan);
  }

  /** Chunks of a run follow one another: only as many are read as the page needs. */
  async #pageOfRun({ chunks }: ChunkRun, range: KeyBounds, { limit, reverse }: PageNeed['scan']): Promise<HotPage> {
    const wanted = chunks.filter(({ object }) => isInRange(object, range));
    if (reverse === true) wanted.reverse();
    const rows: StateRow[] = [];
    for (const chunk of wanted) {
      const rest = limit - rows.length;
      if (rest === 0) break;
      const read = async (reader: ChunkReader) => reader.scan(range, { limit: rest, reverse });
      rows.push(...(await this.#options.library.with(chunk, read)));
    }
    return { rows: rows.map(({ key, value }) => ({ key: key.subarray(1), value })), more: rows.length >= limit };
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

/** Keys in [gte, lt). */
interface KeyBounds {
  readonly gte: Uint8Array;
  readonly lt: Uint8Array;
}

function isInRange({ firstKey, lastKey }: ChunkRecord['object'], { gte, lt }: KeyBounds): boolean {
  return compareBytes(lastKey, gte) >= 0 && compareBytes(firstKey, lt) < 0;
}
