// SPDX-License-Identifier: Apache-2.0
import { decodeDocument } from '../../src/core/archive/manifests.ts';
import type { ShardManifest } from '../../src/core/archive/manifests.ts';
import { clusterOfName, shardManifestPrefix } from '../../src/core/lifecycle/object-names.ts';
import type { MemoryBucket } from '../object-store/memory-bucket.ts';
import { simCodec } from '../chunks/sim-codec.ts';

const listMax = 100_000;
const shardPattern = /\/chunks\/(\d+)\//;

/** The newest manifest in the bucket of the shard that a chunk's name names; undefined while there is none that can be read. */
export function newestManifest(bucket: MemoryBucket, chunk: string): ShardManifest | undefined {
  const clusterId = clusterOfName(chunk);
  const shard = shardPattern.exec(chunk)?.[1];
  if (clusterId === undefined || shard === undefined) return undefined;
  const prefix = shardManifestPrefix(clusterId, Number(shard));
  const name = bucket.list({ prefix, limit: listMax }).objects.at(-1)?.name;
  const bytes = name === undefined ? undefined : bucket.get(name);
  if (name === undefined || bytes === undefined) return undefined;
  return decodeDocument(bytes, { kind: 'shard', clusterId, name }, (input) => simCodec.sha256Of(input));
}
