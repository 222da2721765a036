// SPDX-License-Identifier: Apache-2.0
import { defaultChunkFormat } from '../../src/core/lifecycle/default-format.ts';
import type { ChunkWorkSettings } from '../../src/engine/chunks/open-chunk-work.ts';
import type { ChunkPromises } from '../checkers/chunk-invariants.ts';
import type { SimRandom } from '../sim-random.ts';
import type { ColdCaches } from './chunk-world.ts';

/** What a seed decides about the cold tier of a run. */
export interface ChunkProfile {
  readonly settings: ChunkWorkSettings;
  readonly caches: ColdCaches;
  /** Undefined: the hot tier may grow. */
  readonly maxHotBytes: number | undefined;
}

/** A wall clock may be wrong by so much before its node leads nothing (`clockMaxJumpMs`), and shard time with it. */
const clockErrorMs = 10_000;
const gcMinAgeMs = 2 * clockErrorMs;

/** Generations of a few rows, so that a run of two minutes has many of them. */
export function chunkProfileOf(random: SimRandom): ChunkProfile {
  return {
    settings: {
      policy: {
        sealAfterBytes: random.pick([1_500, 4_000]),
        sealAfterMs: random.pick([6_000, 15_000]),
        format: { ...defaultChunkFormat, blockMaxBytes: 1024, compressionLevel: 1, sampleBytes: 2_000 },
      },
      merges: {
        policy: { maxCandidates: random.pick([2, 4]), targetBytes: random.pick([2_000, 20_000]) },
        retryAfterMs: 3_000,
      },
      collector: { minAgeMs: gcMinAgeMs, orphanMinAgeMs: gcMinAgeMs },
      redundancy: random.pick([2, 2, 3]),
      checkpointEveryMs: random.pick([5_000, 20_000]),
      roundMs: 1_000,
      bytesPerSecond: random.pick([10_000, 1_000_000]),
    },
    // Some so small that what was read is driven out all the time.
    caches: {
      tailCacheBytes: random.pick([2_000, 1_000_000, 1_000_000]),
      blockCacheBytes: random.pick([2_000, 1_000_000, 1_000_000]),
    },
    maxHotBytes: random.chance(0.5) ? 60_000 : undefined,
  };
}

/** What checkers hold a run to. */
export function promisesOf(profile: ChunkProfile | undefined): ChunkPromises {
  const { redundancy, collector } = profile?.settings ?? { redundancy: 0, collector: { minAgeMs: clockErrorMs } };
  return { redundancy, minAgeUs: (collector.minAgeMs - clockErrorMs) * 1000 };
}
