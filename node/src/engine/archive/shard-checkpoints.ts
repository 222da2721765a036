// SPDX-License-Identifier: Apache-2.0
import { DecodeError } from '@shortlink/common/byte-reader.ts';
import { toHex } from '@shortlink/common/bytes.ts';
import { isFullDue, deletableGarbage, neededParts, nextGarbage } from '../../core/archive/checkpoint-plan.ts';
import { describeCheckpointRow } from '../../core/archive/describe-checkpoint-row.ts';
import { archiveVersion } from '../../core/archive/manifests.ts';
import type { CheckpointManifest, CheckpointPart } from '../../core/archive/manifests.ts';
import { defaultChunkParameters } from '../../core/chunk/chunk-parameters.ts';
import type { ChunkRow } from '../../core/chunk/chunk-row.ts';
import { checkpointName, checkpointPrefix, checkpointRowsName } from '../../core/lifecycle/object-names.ts';
import type { ChunkContext } from '../chunks/chunk-context.ts';
import { uploadRows } from '../chunks/upload-rows.ts';
import { changedRows, generationRowsNow } from './checkpoint-rows.ts';
import { getDocument, listSequence, putDocument } from './documents.ts';
import { placeOf } from './led-shard.ts';
import type { LedShard } from './led-shard.ts';
import type { ShardSnapshot } from './shard-snapshot.ts';
import { touchedRows } from './touched-rows.ts';

interface Published {
  readonly name: string;
  readonly manifest: CheckpointManifest;
}

/** What is not in a chunk yet changes often: a faster level costs little space that stays. */
const parameters = { ...defaultChunkParameters, compressionLevel: 3 };
const randomBytes = 8;

/** The checkpoints of one shard, while this node leads it in one term. */
export class ShardCheckpoints {
  readonly #context: ChunkContext;
  readonly #led: LedShard;
  /** The newest checkpoint in the store; undefined before it was looked for. */
  #newest: { readonly published: Published | undefined } | undefined;
  /** Entries up to here are in the newest checkpoint, or change nothing that would be in it. */
  #coveredIndex = 0;
  /** Objects that may be in the store without anything that refers to them. */
  #abandoned: string[] = [];
  readonly #gone = new Set<string>();

  constructor(context: ChunkContext, led: LedShard) {
    this.#context = context;
    this.#led = led;
  }

  /** When the newest checkpoint of another node or an earlier run was taken, by its clock. Undefined: there is none. */
  async load(): Promise<number | undefined> {
    this.#newest ??= { published: await this.#load() };
    return this.#newest.published?.manifest.takenAtMs;
  }

  /**
   * Makes sure that every row of the snapshot that is in no chunk is in the store. The manifest of its chunk set must be there
   * already: what the checkpoint leaves out is in those chunks.
   * @throws SupersededError, ObjectStoreError, and an error when the store is ahead of this node.
   */
  async take(snapshot: ShardSnapshot): Promise<void> {
    await this.load();
    const before = this.#newest?.published;
    const { appliedIndex } = snapshot.state;
    if (before !== undefined && before.manifest.index > appliedIndex) {
      throw new Error(`${before.name} is ahead of the entries that are applied here; waiting for them`);
    }
    const takenAtMs = this.#context.clock.nowMs();
    const kept = neededParts(before?.manifest.parts ?? [], snapshot.state);
    const added = await this.#newParts(snapshot, kept, before);
    if (before !== undefined && added.parts.length === 0 && kept.length === before.manifest.parts.length) {
      this.#coveredIndex = appliedIndex;
      return;
    }
    await this.#publish(snapshot, takenAtMs, added.isFull ? added.parts : [...kept, ...added.parts]);
  }

  /** Names in the newest checkpoint that may be deleted by now. */
  deletable(timeMs: number): readonly string[] {
    const garbage = this.#newest?.published?.manifest.garbage ?? [];
    return deletableGarbage(garbage, timeMs).filter((name) => !this.#gone.has(name));
  }

  deleted(name: string): void {
    this.#gone.add(name);
  }

  async #load(): Promise<Published | undefined> {
    const { clusterId, scope } = this.#led;
    const [newest] = await listSequence(this.#context, checkpointPrefix(clusterId, scope.shard));
    if (newest === undefined) return undefined;
    const { name } = newest;
    try {
      const manifest = await getDocument(this.#context, { kind: 'checkpoint', clusterId, name });
      return manifest && { name, manifest };
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      this.#context.observer.failed(`reading ${name}`, error);
      return undefined;
    }
  }

  async #newParts(
    snapshot: ShardSnapshot,
    kept: readonly CheckpointPart[],
    before: Published | undefined,
  ): Promise<{ readonly isFull: boolean; readonly parts: readonly CheckpointPart[] }> {
    const after = before === undefined ? undefined : Math.max(before.manifest.index, this.#coveredIndex);
    const changes = after === undefined || isFullDue(kept) ? undefined : await this.#changes(snapshot, after);
    if (changes !== undefined) return { isFull: false, parts: changes };
    const parts: CheckpointPart[] = [];
    for (const { id } of snapshot.state.generations.toReversed()) {
      const pages = generationRowsNow(snapshot, id);
      const part = await this.#upload(snapshot, { kind: 'all', after: 0, generation: id }, pages);
      if (part !== undefined) parts.push(part);
    }
    return { isFull: true, parts };
  }

  /** Undefined where the log does not tell what has changed. */
  async #changes(snapshot: ShardSnapshot, after: number): Promise<CheckpointPart[] | undefined> {
    const { reader, breathe } = this.#context;
    const { scope, replica } = this.#led;
    const { appliedIndex: index, generations } = snapshot.state;
    const key = { shard: scope.shard, replicaId: replica };
    const touched = await touchedRows(reader, key, { after, index }, breathe);
    if (touched === undefined) return undefined;
    const rows = await changedRows(snapshot, touched, breathe);
    const generation = generations[0]?.id ?? 0;
    const part = await this.#upload(snapshot, { kind: 'changes', after, generation }, [rows]);
    return part === undefined ? [] : [part];
  }

  /** Undefined without rows. */
  async #upload(
    snapshot: ShardSnapshot,
    part: Pick<CheckpointPart, 'kind' | 'after' | 'generation'>,
    pages: Iterable<readonly ChunkRow[]>,
  ): Promise<CheckpointPart | undefined> {
    const rows = nonEmpty(pages);
    if (rows === undefined) return undefined;
    const context = this.#context;
    const { clusterId, scope, node, term } = this.#led;
    const { appliedIndex: index, timeMs, generations } = snapshot.state;
    const random = toHex(context.random.bytes(randomBytes));
    const name = checkpointRowsName(clusterId, scope.shard, { generation: part.generation, index, random });
    const hot = part.kind === 'all' ? [part.generation] : generations.map(({ id }) => id).reverse();
    await context.supersession.assertNot(clusterId);
    this.#abandoned.push(name);
    const object = await uploadRows(context, {
      name,
      origin: { clusterId, shard: scope.shard, generations: hot, inputs: [], node, term },
      describe: describeCheckpointRow,
      parameters,
      pages: rows,
      isWhole: () => true,
    });
    return object && { ...part, object, index, timeMs };
  }

  async #publish(snapshot: ShardSnapshot, takenAtMs: number, parts: readonly CheckpointPart[]): Promise<void> {
    const context = this.#context;
    const { clusterId, scope } = this.#led;
    const { timeMs, idempotencyEpochs, appliedIndex } = snapshot.state;
    const before = this.#newest?.published;
    const next = { timeMs, parts, abandoned: this.#abandoned, gone: this.#gone, beforeName: before?.name };
    const manifest: CheckpointManifest = {
      kind: 'checkpoint',
      version: archiveVersion,
      clusterId,
      ...placeOf(snapshot),
      takenAtMs,
      idempotencyEpochs,
      parts,
      garbage: nextGarbage(before?.manifest, next),
    };
    const name = checkpointName(clusterId, scope.shard, appliedIndex);
    await context.supersession.assertNot(clusterId);
    // Should its outcome not be known, the next one makes it garbage with its parts.
    this.#abandoned.push(name);
    const outcome = await putDocument(context, name, manifest);
    if (outcome === 'exists') {
      // Somebody else has taken the checkpoint of this index: the next one goes on from it.
      this.#newest = undefined;
      return;
    }
    context.observer.count('checkpointTaken', parts.at(-1)?.object.sizeBytes ?? 0);
    this.#newest = { published: { name, manifest } };
    this.#coveredIndex = appliedIndex;
    this.#abandoned = [];
    this.#gone.clear();
  }
}

/** The same pages; undefined when there is no row in them. */
function nonEmpty<T>(pages: Iterable<readonly T[]>): Iterable<readonly T[]> | undefined {
  const iterator = pages[Symbol.iterator]();
  for (let next = iterator.next(); next.done !== true; next = iterator.next()) {
    if (next.value.length > 0) return chained(next.value, { [Symbol.iterator]: () => iterator });
  }
  return undefined;
}

function* chained<T>(first: readonly T[], rest: Iterable<readonly T[]>): Generator<readonly T[]> {
  yield first;
  yield* rest;
}
