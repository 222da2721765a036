// SPDX-License-Identifier: Apache-2.0
import { defined } from '@shortlink/common/assert.ts';
import type { ClusterId, ShardId } from '@shortlink/common/ids.ts';
import { archiveVersion } from '../../core/archive/manifests.ts';
import type { ClusterPolicy } from '../../core/cluster/cluster-map.ts';
import { found } from '../../core/cluster/initialize.ts';
import { emptyMetaState } from '../../core/cluster/meta-state.ts';
import type { MetaState } from '../../core/cluster/meta-state.ts';
import { clusterManifestName, nameInCluster } from '../../core/lifecycle/object-names.ts';
import type { KvEngine } from '../../ports/kv-engine.ts';
import { putDocument } from '../archive/documents.ts';
import { chooseCluster, takePlace } from './choose-source.ts';
import { copyChunks } from './copy-chunks.ts';
import { NewVolumes } from './new-volumes.ts';
import type { NewNode } from './new-volumes.ts';
import { readArchive } from './read-archive.ts';
import type { ArchivedCluster, ArchivedShard } from './read-archive.ts';
import { RebuildError } from './rebuild-context.ts';
import type { RebuildContext } from './rebuild-context.ts';
import { restoreShard } from './restore-shard.ts';
import type { RestoredShard } from './restore-shard.ts';

export interface RebuildOptions {
  /** Undefined: the only one there is. */
  readonly cluster: ClusterId | undefined;
  /** The old cluster is gone for good: its chunks are used where they are, and belong to the new one. */
  readonly adopt: boolean;
  /** Also when the cluster was rebuilt before. */
  readonly again: boolean;
  /** Leave out chunks that are missing or damaged instead of refusing. */
  readonly skipDamaged: boolean;
  readonly nodes: readonly NewNode[];
  /** Instead of what the old cluster had. */
  readonly policy: Partial<ClusterPolicy>;
  /** An empty store for each node, in their order. Who opened them closes them. */
  readonly openVolumes: () => Promise<readonly KvEngine[]>;
}

export interface ShardReport {
  readonly shard: ShardId;
  readonly chunks: number;
  readonly chunkBytes: number;
  /** Of the chunks, those of indexes and tombstones included. */
  readonly chunkRows: number;
  readonly chunkSetVersion: number;
  /** Links and keys that were in no chunk yet, tombstones included. */
  readonly checkpointRows: number;
  /** When the checkpoint was taken; what was written later is lost. Null: there is none, and what was in no chunk is lost. */
  readonly asOfMs: number | null;
  readonly revision: number;
}

export interface RebuildReport {
  readonly from: ClusterId;
  readonly clusterId: ClusterId;
  readonly adopted: boolean;
  readonly shards: readonly ShardReport[];
  /** Chunks that were left out, with the reason. */
  readonly damaged: readonly { readonly name: string; readonly problem: string }[];
  readonly problems: readonly string[];
}

/**
 * Makes a cluster from what another one has left in an object store, on empty volumes whose nodes then start as its members.
 * Below the old prefix it writes nothing but the mark that the place is taken.
 * @throws RebuildError, ObjectStoreError; it can be called again with new volumes then.
 */
export async function rebuildCluster(context: RebuildContext, options: RebuildOptions): Promise<RebuildReport> {
  const from = await chooseCluster(context.from, options.cluster);
  // Read once before anything is done, so that nobody's place is taken for nothing.
  await readArchive(context, from);
  const clusterId = await takePlace(context, from, options);
  const archive = await readArchive(context, from);
  const damaged = await bringChunks(context, archive, options, clusterId);
  const volumes = new NewVolumes(await options.openVolumes(), options.nodes, context.random);
  const state = newState(archive, { clusterId, from, nodes: volumes.nodes, policy: options.policy });
  const map = defined(state.map, 'map of a new cluster');
  const shards: ShardReport[] = [];
  for (const shard of archive.shards) {
    context.onProgress('shards written', shards.length, archive.shards.length);
    const info = defined(
      map.shards.find(({ id }) => id === shard.info.id),
      `shard ${shard.info.id} of the new cluster`,
    );
    const target = { info, copyTo: options.adopt ? undefined : clusterId, damaged };
    shards.push(reportOf(shard, damaged, await restoreShard(context, volumes, shard, target)));
  }
  volumes.foundMeta(map.meta, state);
  const manifest = { kind: 'cluster', version: archiveVersion, clusterId, map } as const;
  const outcome = await putDocument(context.to, clusterManifestName(clusterId, map.epoch), manifest);
  if (outcome === 'exists') {
    throw new RebuildError(`another rebuild has made cluster ${clusterId} meanwhile; these volumes are no part of it`);
  }
  volumes.join(clusterId, map);
  return {
    from,
    clusterId,
    adopted: options.adopt,
    shards,
    damaged: [...damaged].map(([name, problem]) => ({ name, problem })),
    problems: archive.problems,
  };
}

/** @returns the chunks that are left out. @throws RebuildError when there are any, and they may not be. */
async function bringChunks(
  context: RebuildContext,
  archive: ArchivedCluster,
  { adopt, skipDamaged }: RebuildOptions,
  clusterId: ClusterId,
): Promise<ReadonlyMap<string, string>> {
  const objects = archive.shards.flatMap(({ manifest }) => manifest?.chunks.map(({ object }) => object) ?? []);
  const damaged = await copyChunks(
    context,
    objects.map((object) => ({ object, to: adopt ? object.name : nameInCluster(object.name, clusterId) })),
  );
  if (damaged.size === 0 || skipDamaged) return damaged;
  const list = [...damaged].map(([name, problem]) => `\n${name}: ${problem}`).join('');
  throw new RebuildError(
    `${damaged.size} of ${objects.length} chunks are missing or damaged; put them back from a copy of the bucket, or leave them out with --skip-damaged: their links are lost then, and codes that were deleted may be given away again${list}`,
  );
}

function newState(
  archive: ArchivedCluster,
  made: {
    readonly clusterId: ClusterId;
    readonly from: ClusterId;
    readonly nodes: NewVolumes['nodes'];
    readonly policy: Partial<ClusterPolicy>;
  },
): MetaState {
  const { clusterId, nodes: founders, from } = made;
  const { map, shards } = archive;
  const policy = { ...map.policy, ...made.policy };
  const record = { clusterId, founders, initialShards: map.shards.length, policy };
  const timeMs = Math.max(0, ...shards.map(({ manifest }) => manifest?.timeMs ?? 0));
  const reason = `rebuilt from cluster ${from}`;
  return found({ ...emptyMetaState, timeMs }, record, { ranges: map.shards, reason }).state;
}

function reportOf(
  { info, manifest, checkpoint }: ArchivedShard,
  damaged: ReadonlyMap<string, string>,
  restored: RestoredShard,
): ShardReport {
  const objects = (manifest?.chunks ?? []).map(({ object }) => object).filter(({ name }) => !damaged.has(name));
  return {
    shard: info.id,
    chunks: objects.length,
    chunkBytes: objects.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    chunkRows: objects.reduce((sum, { rows }) => sum + rows, 0),
    chunkSetVersion: manifest?.chunkSetVersion ?? 0,
    checkpointRows: restored.hotRows,
    asOfMs: checkpoint?.takenAtMs ?? null,
    revision: restored.revision,
  };
}
