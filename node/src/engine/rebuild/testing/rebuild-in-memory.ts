// SPDX-License-Identifier: Apache-2.0
import { FakeDisk, FakePlatter } from '../../../../sim/disk.ts';
import type { MemoryBucket } from '../../../../sim/object-store/memory-bucket.ts';
import { SimObjectStore } from '../../../../sim/object-store/sim-object-store.ts';
import { SimRandom } from '../../../../sim/sim-random.ts';
import { zlibChunkCodec } from '../../../adapters/system/zlib-chunk-codec.ts';
import type { Timers } from '../../../ports/clock.ts';
import type { RebuildContext } from '../rebuild-context.ts';
import { rebuildCluster } from '../rebuild-cluster.ts';
import type { RebuildOptions, RebuildReport } from '../rebuild-cluster.ts';

/** Nothing takes time, and nothing is waited for. */
const noTimers: Timers = { after: () => () => {} };

export interface RebuiltInMemory {
  readonly report: RebuildReport;
  /** For a test cluster to start on. */
  readonly platters: readonly FakePlatter[];
}

export function rebuildContext(bucket: MemoryBucket, nowMs: number, seed = 1): RebuildContext {
  const clock = { nowMs: () => nowMs, monotonicMs: () => nowMs };
  const store = {
    objects: new SimObjectStore({ bucket, clock, timers: noTimers }),
    codec: zlibChunkCodec,
  };
  const random = new SimRandom(seed);
  return { from: store, to: store, clock, random, breathe: async () => {}, onProgress: () => {} };
}

/** A rebuild onto `nodes` fresh disks, named and addressed as those of a test cluster. */
export async function rebuildInMemory(
  context: RebuildContext,
  nodes: number,
  options: Partial<RebuildOptions> = {},
): Promise<RebuiltInMemory> {
  const platters = Array.from({ length: nodes }, () => new FakePlatter());
  const disks: FakeDisk[] = [];
  const address = (i: number): string => `n${i}:1`;
  const report = await rebuildCluster(context, {
    cluster: undefined,
    adopt: false,
    again: false,
    skipDamaged: false,
    policy: {},
    nodes: platters.map((_, i) => ({
      name: `n${i}`,
      zone: '',
      weight: 100,
      addresses: { peer: address(i), redirect: address(i), api: address(i), grpc: address(i) },
    })),
    openVolumes: async () => {
      disks.push(...platters.map((platter) => new FakeDisk(platter)));
      return disks;
    },
    ...options,
  });
  for (const disk of disks) await disk.close();
  return { report, platters };
}
