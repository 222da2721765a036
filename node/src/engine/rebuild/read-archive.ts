// SPDX-License-Identifier: Apache-2.0
import { DecodeError } from '@shortlink/common/byte-reader.ts';
import type { ClusterId, ShardId } from '@shortlink/common/ids.ts';
import { describeCheckpointRow } from '../../core/archive/describe-checkpoint-row.ts';
import type { ArchiveDocument, CheckpointManifest, ShardManifest } from '../../core/archive/manifests.ts';
import { ChunkCorruptError } from '../../core/chunk/chunk-corrupt-error.ts';
import type { ClusterMap, ShardInfo } from '../../core/cluster/cluster-map.ts';
import { checkpointPrefix, clusterManifestPrefix, shardManifestPrefix } from '../../core/lifecycle/object-names.ts';
import { getDocument, listSequence } from '../archive/documents.ts';
import { ObjectMissingError, objectSource } from '../chunks/object-source.ts';
import { verifyObject } from '../chunks/readback-work.ts';
import { RebuildError } from './rebuild-context.ts';
import type { RebuildContext } from './rebuild-context.ts';

/** What the store knows of a shard. */
export interface ArchivedShard {
  readonly info: ShardInfo;
  /** Undefined: no manifest was ever published, so nothing of the shard had left its nodes. */
  readonly manifest: ShardManifest | undefined;
  /** Whole: every row of it was read and checked. Undefined: there is none that can be used. */
  readonly checkpoint: CheckpointManifest | undefined;
}

export interface ArchivedCluster {
  readonly map: ClusterMap;
  readonly shards: readonly ArchivedShard[];
  /** What was damaged or missing, in words. */
  readonly problems: readonly string[];
}

/** Reads the newest of everything that is whole. @throws RebuildError without any map, ObjectStoreError. */
export async function readArchive(context: RebuildContext, clusterId: ClusterId): Promise<ArchivedCluster> {
  const reader = new ArchiveReader(context, clusterId);
  const manifest = await reader.newest('cluster', clusterManifestPrefix(clusterId), () => true);
  if (manifest === undefined) {
    const damage = reader.problems.map((problem) => `\n${problem}`).join('');
    throw new RebuildError(`the object store holds no whole manifest of cluster ${clusterId}${damage}`);
  }
  const shards: ArchivedShard[] = [];
  for (const info of manifest.map.shards) {
    context.onProgress('shards read', shards.length, manifest.map.shards.length);
    shards.push(await reader.shard(info));
  }
  return { map: manifest.map, shards, problems: reader.problems };
}

type DocumentOf<K> = Extract<ArchiveDocument, { readonly kind: K }>;

class ArchiveReader {
  readonly problems: string[] = [];
  readonly #context: RebuildContext;
  readonly #clusterId: ClusterId;

  constructor(context: RebuildContext, clusterId: ClusterId) {
    this.#context = context;
    this.#clusterId = clusterId;
  }

  async shard(info: ShardInfo): Promise<ArchivedShard> {
    const { id } = info;
    const manifest = await this.newest('shard', shardManifestPrefix(this.#clusterId, id), () => true);
    if (manifest === undefined) this.problems.push(`shard ${id} has no manifest: nothing of it is in the object store`);
    const version = manifest?.chunkSetVersion ?? -1;
    // What a checkpoint leaves out is in the chunks of its own version, or a later one.
    const fits = (checkpoint: CheckpointManifest): boolean => checkpoint.chunkSetVersion <= version;
    const prefix = checkpointPrefix(this.#clusterId, id);
    const checkpoint = await this.newest('checkpoint', prefix, fits, async (one) => this.#isWhole(id, one));
    return { info, manifest, checkpoint };
  }

  /** The one with the highest number that can be read and used. */
  async newest<K extends ArchiveDocument['kind']>(
    kind: K,
    prefix: string,
    fits: (document: DocumentOf<K>) => boolean,
    isWhole: (document: DocumentOf<K>) => Promise<boolean> = async () => true,
  ): Promise<DocumentOf<K> | undefined> {
    for (const { name } of await listSequence(this.#context.from, prefix)) {
      const document = await this.#read(kind, name);
      if (document === undefined || !fits(document)) continue;
      if (await isWhole(document)) return document;
    }
    return undefined;
  }

  async #read<K extends ArchiveDocument['kind']>(kind: K, name: string): Promise<DocumentOf<K> | undefined> {
    try {
      return await getDocument(this.#context.from, { kind, clusterId: this.#clusterId, name });
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      this.problems.push(`${error.message}; an older one is used`);
      return undefined;
    }
  }

  async #isWhole(shard: ShardId, { parts, index }: CheckpointManifest): Promise<boolean> {
    const { from, breathe } = this.#context;
    const context = { codec: from.codec, breathe, pace: async () => {} };
    for (const { object } of parts) {
      try {
        const source = objectSource(from.objects, object.name, object.sizeBytes);
        await verifyObject(context, object, source, describeCheckpointRow);
        continue;
      } catch (error) {
        if (!(error instanceof ChunkCorruptError || error instanceof ObjectMissingError)) throw error;
        this.problems.push(`checkpoint at ${index} of shard ${shard}: ${object.name}: ${error.message}`);
      }
      return false;
    }
    return true;
  }
}
