// SPDX-License-Identifier: Apache-2.0
import type { ChunkEvent } from '../../src/engine/chunks/chunk-context.ts';
import type { ChunkWorkPorts, ChunkWorkSettings } from '../../src/engine/chunks/open-chunk-work.ts';
import type { MemoryBucket } from '../object-store/memory-bucket.ts';
import type { ObjectFaults } from '../object-store/object-faults.ts';
import type { SimProcess } from '../sim-process.ts';

export interface ColdCaches {
  readonly tailCacheBytes: number;
  readonly blockCacheBytes: number;
}

/** What all nodes of a run share of the cold tier. */
export interface ChunkWorld {
  readonly bucket: MemoryBucket;
  readonly faults: ObjectFaults;
  readonly settings: ChunkWorkSettings;
  readonly caches: ColdCaches;
  /** For checkers and mutants: the world as the chunks of a process see it. */
  readonly alterPorts: (ports: ChunkWorkPorts, process: SimProcess) => ChunkWorkPorts;
  readonly onEvent: (event: ChunkEvent) => void;
}
