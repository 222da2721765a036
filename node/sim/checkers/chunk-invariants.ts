// SPDX-License-Identifier: Apache-2.0
import type { NodeId, ShardId } from '@shortlink/common/ids.ts';
import { metaShardId } from '@shortlink/common/ids.ts';
import { equalBytes, toHex } from '@shortlink/common/bytes.ts';
import { ContentDigest } from '../../src/core/chunk/content-digest.ts';
import type { ChunkObject, ChunkRecord } from '../../src/core/lifecycle/types.ts';
import type { LifecycleRecords } from '../../src/core/lifecycle/view.ts';
import { readLifecycle } from '../../src/core/statemachine/read-lifecycle.ts';
import { decodeEntry } from '../../src/core/statemachine/entry-codec.ts';
import { shardStateKey } from '../../src/core/statemachine/keys.ts';
import type { ShardScope } from '../../src/core/statemachine/keys.ts';
import { decodeShardState } from '../../src/core/statemachine/shard-state.ts';
import { generationRows, isWhole } from '../../src/engine/chunks/generation-rows.ts';
import { verifyObject } from '../../src/engine/chunks/readback-work.ts';
import type { Replica } from '../../src/engine/host/replica.ts';
import type { TurnWork } from '../../src/engine/host/turn-work.ts';
import { ShardMachine, stateReader } from '../../src/engine/machines/shard-machine.ts';
import type { KvReader } from '../../src/ports/kv-engine.ts';
import type { MemoryBucket } from '../object-store/memory-bucket.ts';
import type { World } from '../world.ts';
import { newestManifest } from './newest-manifest.ts';
import type { Violations } from './violations.ts';
import { simCodec } from '../chunks/sim-codec.ts';

export interface ChunkPromises {
  readonly redundancy: number;
  /** Between an object's unlinking and its deletion, at least, whatever the clocks of nodes say. */
  readonly minAgeUs: number;
}

/** What any replica of a shard has shown. */
interface ShardHistory {
  /** Of the replica that was furthest ahead. */
  appliedIndex: number;
  records: LifecycleRecords;
  /** By name: the index at which it first was garbage, and when. */
  readonly garbage: Map<string, { readonly index: number; readonly atUs: number }>;
  readonly referred: Set<string>;
  /** Sealed generations as the first replica had them that was about to retire them. */
  readonly sealed: Map<number, { readonly digest: string; readonly nodes: number | undefined }>;
  /** Members of the set that were judged, and how many nodes the newest REPLACE counted on. */
  readonly joined: Set<string>;
  replaceNodes: number | undefined;
  /** The object that each generation was retired as. */
  readonly retired: Map<number, string>;
}

/** No lifecycle version: all records are read. */
const noVersion = -1;
const noRecords: LifecycleRecords = { generations: [], chunks: [], garbage: [] };

/**
 * What must be true of chunks at each step of each replica, checked against what really lies in the bucket and on disks: rows
 * leave the hot tier only into an object that has all of them and was copied as promised, a generation has one object, and
 * nothing that is referred to is deleted.
 */
export class ChunkInvariants {
  readonly #world: World;
  readonly #bucket: MemoryBucket;
  readonly #violations: Violations;
  readonly #promises: ChunkPromises;
  readonly #shards = new Map<ShardId, ShardHistory>();
  /** Lifecycle version and place of what was looked at last, by replica. */
  readonly #seen = new WeakMap<Replica, string>();
  /** Node and name of every copy that was whole once. */
  readonly #copies = new Set<string>();

  constructor(world: World, options: { bucket: MemoryBucket; violations: Violations; promises: ChunkPromises }) {
    this.#world = world;
    this.#bucket = options.bucket;
    this.#violations = options.violations;
    this.#promises = options.promises;
  }

  /** Generations that became chunks. */
  get retiredCount(): number {
    return [...this.#shards.values()].reduce((sum, { retired }) => sum + retired.size, 0);
  }

  /** A copy is whole on the disk of a node. */
  copied(node: NodeId, name: string, bytes: Uint8Array): void {
    const there = this.#bucket.get(name);
    if (there !== undefined && equalBytes(there, bytes)) this.#copies.add(`${node} ${name}`);
  }

  /** Before entries take effect: what they may retire is still there. */
  applying(work: TurnWork, store: KvReader): void {
    for (const { replica, entries } of work.applies) {
      if (replica.shard === metaShardId) continue;
      for (const { type, data } of entries) {
        if (type !== 'normal' || data.length === 0) continue;
        for (const command of decodeEntry(data).commands) {
          if (command.type === 'retire') this.#remember(replica, store, command.generation);
          if (command.type === 'replace') this.#historyOf(replica.shard).replaceNodes = command.placement.nodes.length;
        }
      }
    }
  }

  applied(work: TurnWork, store: KvReader): void {
    for (const { replica } of work.applies) this.look(replica, store);
  }

  /** Also after a start. */
  look(replica: Replica, store: KvReader): void {
    const scope = scopeOf(replica);
    const row = scope === undefined ? undefined : store.get('state', shardStateKey(scope));
    if (scope === undefined || row === undefined) return;
    const { lifecycleVersion, appliedIndex } = decodeShardState(row);
    const seen = `${scope.slot} ${lifecycleVersion}`;
    if (lifecycleVersion === 0 || this.#seen.get(replica) === seen) return;
    this.#seen.set(replica, seen);
    const records = readLifecycle(stateReader(store), scope, noVersion)?.records;
    if (records !== undefined) this.#check(replica.shard, appliedIndex, records);
  }

  /** Somebody deletes an object. */
  deleting(name: string): void {
    for (const [shard, { records, garbage }] of this.#shards) {
      const place = `shard ${shard}: ${name}`;
      if (namesOf(records).has(name))
        this.#violations.add('referenced objects stay', `${place} is deleted while referred to`);
      const unlinked = garbage.get(name);
      if (unlinked === undefined) continue;
      const agedUs = this.#world.nowUs - unlinked.atUs;
      if (agedUs < this.#promises.minAgeUs)
        this.#violations.add('garbage ages', `${place} is deleted ${agedUs} µs after it was unlinked`);
      if (newestManifest(this.#bucket, name)?.chunks.some(({ object }) => object.name === name) === true)
        this.#violations.add('manifest first', `${place} is deleted while the newest manifest names it`);
    }
  }

  #remember(replica: Replica, store: KvReader, generation: number): void {
    const scope = scopeOf(replica);
    const { sealed } = this.#historyOf(replica.shard);
    if (scope === undefined || sealed.has(generation) || !isWhole(store, scope, generation)) return;
    const digest = new ContentDigest(simCodec);
    for (const page of generationRows(store, scope, generation)) for (const row of page) digest.add(row);
    const records = readLifecycle(stateReader(store), scope, noVersion)?.records ?? noRecords;
    const nodes = records.generations.find(({ id }) => id === generation)?.placement?.nodes.length;
    sealed.set(generation, { digest: toHex(digest.finish()), nodes });
  }

  #check(shard: ShardId, index: number, records: LifecycleRecords): void {
    const history = this.#historyOf(shard);
    const names = namesOf(records);
    for (const { name } of records.garbage) {
      if (names.has(name))
        this.#violations.add('one object a generation', `shard ${shard}: ${name} is garbage and referred to`);
      if (!history.garbage.has(name)) history.garbage.set(name, { index, atUs: this.#world.nowUs });
    }
    for (const name of names) this.#referred(shard, history, index, name);
    for (const chunk of records.chunks) this.#joined(shard, history, chunk);
    if (index < history.appliedIndex) return;
    history.appliedIndex = index;
    history.records = records;
  }

  #referred(shard: ShardId, history: ShardHistory, index: number, name: string): void {
    const given = history.garbage.get(name);
    if (given !== undefined && given.index < index)
      this.#violations.add(
        'one object a generation',
        `shard ${shard}: ${name} is referred to again after it was garbage`,
      );
    if (history.referred.has(name)) return;
    history.referred.add(name);
    if (given === undefined && this.#bucket.head(name) === undefined)
      this.#violations.add('referenced objects exist', `shard ${shard} refers to ${name}, which is not in the store`);
  }

  /** A chunk is a member of the set: it has the rows that it should, where it should. */
  #joined(shard: ShardId, history: ShardHistory, chunk: ChunkRecord): void {
    const { name } = chunk.object;
    if (history.joined.has(name)) return;
    history.joined.add(name);
    const isMerged = chunk.level > 0;
    const nodes = isMerged ? history.replaceNodes : this.#retired(shard, history, chunk);
    void this.#verify(shard, chunk.object);
    if (nodes !== undefined) this.#checkCopies(shard, chunk, Math.min(this.#promises.redundancy, nodes));
  }

  /** @returns the nodes whose copies counted. */
  #retired(shard: ShardId, { retired, sealed }: ShardHistory, chunk: ChunkRecord): number | undefined {
    const { object, firstGeneration: generation } = chunk;
    const known = retired.get(generation);
    if (known !== undefined)
      this.#violations.add(
        'one object a generation',
        `shard ${shard}: generation ${generation} is ${known} and ${object.name}`,
      );
    retired.set(generation, object.name);
    const rows = sealed.get(generation);
    if (rows !== undefined && rows.digest !== object.contentDigest)
      this.#violations.add(
        'rows survive',
        `shard ${shard}: the rows of generation ${generation} are not those of ${object.name}`,
      );
    return rows?.nodes;
  }

  async #verify(shard: ShardId, object: ChunkObject): Promise<void> {
    const body = this.#bucket.get(object.name) ?? new Uint8Array(0);
    const source = { read: async (offset: number, length: number) => body.slice(offset, offset + length) };
    const atOnce = { codec: simCodec, breathe: async () => {}, pace: async () => {} };
    await verifyObject(atOnce, object, source).catch((error: unknown) =>
      this.#violations.add('rows survive', `shard ${shard}: ${object.name} joins the set: ${String(error)}`),
    );
  }

  #checkCopies(shard: ShardId, { object, holders }: ChunkRecord, wanted: number): void {
    const there = new Set(holders.filter((node) => this.#copies.has(`${node} ${object.name}`))).size;
    if (there >= wanted) return;
    this.#violations.add(
      'promised copies',
      `shard ${shard}: ${object.name} joins the set with ${there} copies instead of ${wanted}; holders: ${holders.join()}`,
    );
  }

  #historyOf(shard: ShardId): ShardHistory {
    const known = this.#shards.get(shard);
    if (known !== undefined) return known;
    const history: ShardHistory = {
      appliedIndex: 0,
      records: noRecords,
      garbage: new Map(),
      referred: new Set(),
      sealed: new Map(),
      joined: new Set(),
      replaceNodes: undefined,
      retired: new Map(),
    };
    this.#shards.set(shard, history);
    return history;
  }
}

function scopeOf({ shard, machine }: Replica): ShardScope | undefined {
  return machine instanceof ShardMachine ? { shard, slot: machine.slot } : undefined;
}

/** Objects that records refer to. */
function namesOf({ generations, chunks, merge }: LifecycleRecords): ReadonlySet<string> {
  const objects = [
    ...generations.flatMap(({ object }) => (object === undefined ? [] : [object])),
    ...chunks.map(({ object }) => object),
    ...(merge?.result?.outputs ?? []).map(({ object }) => object),
  ];
  return new Set(objects.map(({ name }) => name));
}
