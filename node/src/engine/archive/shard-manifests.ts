// SPDX-License-Identifier: Apache-2.0
import { defined } from '@shortlink/common/assert.ts';
import { archiveVersion } from '../../core/archive/manifests.ts';
import type { ShardManifest } from '../../core/archive/manifests.ts';
import { shardManifestName } from '../../core/lifecycle/object-names.ts';
import { readLifecycle } from '../../core/statemachine/read-lifecycle.ts';
import type { ChunkContext } from '../chunks/chunk-context.ts';
import { getDocument, putDocument } from './documents.ts';
import { placeOf } from './led-shard.ts';
import type { LedShard } from './led-shard.ts';
import type { ShardSnapshot } from './shard-snapshot.ts';

/** The manifest of a shard as its snapshot has it. */
function shardManifest({ clusterId, info, policy }: LedShard, snapshot: ShardSnapshot): ShardManifest {
  const view = defined(readLifecycle(snapshot, snapshot.scope, noVersion), 'state of a snapshot');
  const { generations, chunks, garbage, merge } = defined(view.records, 'records of a snapshot');
  return {
    kind: 'shard',
    version: archiveVersion,
    clusterId,
    ...placeOf(snapshot),
    range: { start: info.start, end: info.end },
    policy,
    chunks: chunks.map(({ object, firstGeneration, lastGeneration, level, addedVersion }) => ({
      object,
      firstGeneration,
      lastGeneration,
      level,
      addedVersion,
    })),
    exported: generations.flatMap(({ id: generation, object }) =>
      object === undefined ? [] : [{ generation, object }],
    ),
    merging: (merge?.result?.outputs ?? []).map(({ object }) => object),
    garbage,
  };
}

/** No lifecycle version: all records are read. */
const noVersion = -1;

/** Publishes the chunk sets of a shard, one manifest for each version that its leader sees. */
export class ShardManifests {
  readonly #context: ChunkContext;
  #published = -1;

  constructor(context: ChunkContext) {
    this.#context = context;
  }

  /** The highest version that is known to be in the store; -1: none. A collector may act on what is in it. */
  get published(): number {
    return this.#published;
  }

  /**
   * Makes sure that the manifest of the snapshot's chunk set is in the store.
   * @throws SupersededError, ObjectStoreError, DecodeError, and an error when another history has published there.
   */
  async publish(led: LedShard, snapshot: ShardSnapshot): Promise<void> {
    const { chunkSetVersion } = snapshot.state;
    if (chunkSetVersion <= this.#published) return;
    const { clusterId, scope } = led;
    const manifest = shardManifest(led, snapshot);
    const name = shardManifestName(clusterId, scope.shard, chunkSetVersion);
    await this.#context.supersession.assertNot(clusterId);
    const outcome = await putDocument(this.#context, name, manifest);
    if (outcome === 'exists') await this.#compare(manifest, name);
    else this.#context.observer.count('manifestPublished');
    this.#published = chunkSetVersion;
  }

  /** An earlier leader, or an earlier run, has published this version: of the same history it says the same. */
  async #compare(manifest: ShardManifest, name: string): Promise<void> {
    const there = await getDocument(this.#context, { kind: 'shard', clusterId: manifest.clusterId, name });
    if (there === undefined || setOf(there) === setOf(manifest)) return;
    throw new Error(
      `${name} names other chunks than this cluster has: it was published by a copy of this cluster that went on by itself; shut one of the two down`,
    );
  }
}

function setOf({ chunks }: ShardManifest): string {
  return chunks
    .map(({ object }) => object.name)
    .toSorted()
    .join();
}
