// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { fromUtf8, utf8 } from '@shortlink/common/bytes.ts';
import type { ObjectFault } from '../../../sim/object-store/object-faults.ts';
import { MemoryBucket } from '../../../sim/object-store/memory-bucket.ts';
import { SimRandom } from '../../../sim/sim-random.ts';
import { checkpointPrefix, sequenceOfName, shardManifestPrefix } from '../../core/lifecycle/object-names.ts';
import type { Command, CommandResult } from '../../core/statemachine/commands.ts';
import type { ReadOp } from '../../core/statemachine/reads.ts';
import { getDocument, listSequence } from '../archive/documents.ts';
import { clustersIn } from '../archive/find-clusters.ts';
import type { Engine } from '../engine.ts';
import { ChunkCluster } from '../chunks/testing/chunk-cluster.ts';
import { create, engineAt, readOne, write } from '../testing/engine-client.ts';
import type { Mover } from '../testing/engine-client.ts';
import { rebuildContext, rebuildInMemory } from './testing/rebuild-in-memory.ts';

// A cluster works on a few links and keys while its store fails, its generations go through their lives and its leaders change.
// What is made from the store, at any moment, must be what the cluster was after some prefix of its writes, and no older than
// its newest checkpoint.

const codes = Array.from({ length: 12 }, (_, i) => `c${i}`);
const keys = Array.from({ length: 6 }, (_, i) => utf8(`k${i}`));
const kinds: readonly ObjectFault[] = [
  'timeoutAfter',
  'lostAnswer',
  'torn',
  'throttled',
  'conflict',
  'existsAfterOwn',
  'staleList',
];

/** Small enough that chunks are merged again and again. */
const merges = { maxCandidates: 2, targetBytes: 4000 };

/** What a client sees of every link and key, as text. */
type Seen = readonly string[];

/** Between the rounds of the drivers. */
function resting(chunks: ChunkCluster): Mover {
  return { until: async (what, done) => chunks.untilAtRest(what, done) };
}

class History {
  readonly #random: SimRandom;
  readonly #cluster: ChunkCluster;
  readonly #now = new Map<string, string>();
  /** After each write. */
  readonly states: Seen[];
  /** Index that was applied when each write had been answered. */
  readonly #indexes: number[] = [0];
  #writes = 0;

  constructor(cluster: ChunkCluster, random: SimRandom) {
    this.#cluster = cluster;
    this.#random = random;
    for (const name of [...codes, ...keys.map((_, i) => `k${i}`)]) this.#now.set(name, 'none');
    this.states = [[...this.#now.values()]];
  }

  async step(): Promise<void> {
    this.#writes++;
    const engine = engineAt(this.#cluster.cluster, this.#random.int(3));
    const { command, name, after } = this.#draw();
    const result = await this.#write(engine, command);
    const changed =
      result.kind === 'link' || result.kind === 'deleted' || (result.kind === 'kv' && hasEffect(result, command));
    if (changed) this.#now.set(name, after);
    this.states.push([...this.#now.values()]);
    const replicas = this.#cluster.cluster.engines.map(({ host }) => host.replicasByShard.get(1));
    this.#indexes.push(Math.max(...replicas.map((replica) => replica?.machine.appliedIndex ?? 0)));
  }

  /** Writes whose effects are in a checkpoint of this index. */
  writesUpTo(index: number): number {
    return this.#indexes.findLastIndex((one) => one <= index);
  }

  /** Until somebody answers: with the same key, so that it takes effect once. */
  async #write(engine: Engine, command: Command): Promise<CommandResult> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await write(resting(this.#cluster), engine, command);
      } catch (error) {
        const isTransient = /^Error: (?:unavailable|overloaded|timeout)/.test(String(error));
        if (!isTransient || attempt > 50) throw error;
        await this.#cluster.round();
      }
    }
  }

  #draw(): { readonly command: Command; readonly name: string; readonly after: string } {
    const key = Uint8Array.from({ length: 16 }, (_, i) => (i < 4 ? (this.#writes >>> (8 * i)) & 0xff : 0xee));
    const dedup = { key, fingerprint: new Uint8Array(8) };
    const url = `https://example.com/${this.#writes}/${'x'.repeat(this.#random.int(40))}`;
    const code = this.#random.pick(codes);
    const place = this.#random.int(keys.length);
    const kv = { dedup, key: keys[place] ?? utf8(''), ifRevision: undefined };
    switch (this.#random.int(6)) {
      case 0:
      case 1:
        return { command: { ...create(code, url), dedup } as Command, name: code, after: url };
      case 2: {
        const change = { url, expiresAtMs: undefined, disabled: undefined, ifRevision: undefined };
        return { command: { type: 'updateLink', dedup, code, ...change }, name: code, after: url };
      }
      case 3: {
        const gone = this.#random.int(4) === 0;
        if (!gone) return { command: { type: 'kvPut', ...kv, value: utf8(url) }, name: `k${place}`, after: url };
        return { command: { type: 'deleteLink', dedup, code, ifRevision: undefined }, name: code, after: 'gone' };
      }
      case 4:
        return { command: { type: 'kvPut', ...kv, value: utf8(url) }, name: `k${place}`, after: url };
      default:
        return { command: { type: 'kvDelete', ...kv }, name: `k${place}`, after: 'none' };
    }
  }
}

function hasEffect(result: Extract<CommandResult, { readonly kind: 'kv' }>, command: Command): boolean {
  return command.type !== 'kvDelete' || result.existed;
}

async function seenBy(chunks: ChunkCluster): Promise<Seen> {
  const seen: string[] = [];
  const engine = engineAt(chunks.cluster, 0);
  const operations: ReadOp[] = [
    ...codes.map((code) => ({ type: 'link' as const, code })),
    ...keys.map((key) => ({ type: 'kvGet' as const, key })),
  ];
  for (const operation of operations) {
    const found = await readOne(resting(chunks), engine, operation);
    if (found.kind === 'link') seen.push(found.link.url);
    else if (found.kind === 'kv') seen.push(found.row === undefined ? 'none' : fromUtf8(found.row.value));
    else seen.push(found.kind === 'gone' ? 'gone' : 'none');
  }
  return seen;
}

/** The highest number of a sequence in the bucket. */
function newestOf(chunks: ChunkCluster, part: string): number {
  return Math.max(0, ...chunks.objects(part).map((name) => sequenceOfName(name) ?? 0));
}

/** What a checkpoint leaves out is in the chunks of its version: that manifest must be there before the checkpoint is. */
async function expectChunksOfCheckpoint(bucket: MemoryBucket): Promise<void> {
  const { from } = rebuildContext(bucket, 0);
  for await (const clusterId of clustersIn(from.objects)) {
    const [newest] = await listSequence(from, checkpointPrefix(clusterId, 1));
    if (newest === undefined) return;
    const checkpoint = await getDocument(from, { kind: 'checkpoint', clusterId, name: newest.name });
    const manifests = await listSequence(from, shardManifestPrefix(clusterId, 1));
    expect(manifests[0]?.sequence).toBeGreaterThanOrEqual(checkpoint?.chunkSetVersion ?? 0);
  }
}

function copyOf(bucket: MemoryBucket): MemoryBucket {
  const copy = new MemoryBucket();
  for (const { name } of bucket.list({ prefix: '', limit: 100_000 }).objects) {
    copy.put(name, bucket.get(name) ?? new Uint8Array(0), 0);
  }
  return copy;
}

it.each([1, 2, 3])('is what the cluster was after some prefix of its writes (seed %d)', async (seed) => {
  const random = new SimRandom(seed);
  const faults = {
    next: () => ({ delayMs: 0, fault: random.int(16) === 0 ? kinds[random.int(kinds.length)] : undefined }),
  };
  const chunks = await ChunkCluster.start({ nodes: 3, faults, sealAfterBytes: 500, checkpointEveryMs: 300, merges });
  const history = new History(chunks, random);
  let checked = 0;
  let newest = 0;
  for (let turn = 0; turn < 44; turn++) {
    for (let i = random.int(8); i > 0; i--) await history.step();
    for (let i = random.int(16); i > 0; i--) await chunks.round();
    if (turn % 8 === 5) {
      const leader = chunks.cluster.engines.find((engine) => engine.host.replicasByShard.get(1)?.isLeader);
      const replica = leader?.host.replicasByShard.get(1);
      const other = replica?.machine.confState.voters.find((id) => id !== replica.key.replicaId);
      if (other !== undefined) replica?.raw.transferLeader(other);
    }
    if (turn % 4 !== 3 || chunks.objects('/manifests/cluster').length === 0) continue;
    const bucket = copyOf(chunks.bucket);
    const atLeast = history.writesUpTo(newestOf(chunks, '/checkpoints/'));
    await expectChunksOfCheckpoint(bucket);
    const { platters, report } = await rebuildInMemory(rebuildContext(bucket, chunks.cluster.nowMs, turn + 1), 1);
    const fresh = await ChunkCluster.start({ nodes: 1, bucket, platters });
    const seen = await seenBy(fresh);
    const prefix = history.states.findLastIndex((state) => JSON.stringify(state) === JSON.stringify(seen));
    expect(prefix, `seed ${seed}, turn ${turn}: ${JSON.stringify({ report, seen })}`).toBeGreaterThanOrEqual(atLeast);
    newest = atLeast;
    checked++;
  }
  expect(checked).toBeGreaterThan(5);
  expect(newest, 'writes in the last checkpoint').toBeGreaterThan(30);
  expect(chunks.nodes.flatMap(({ events }) => events)).toContain('merged');
  expect(chunks.objects('/chunks/').length).toBeGreaterThan(2);
});
