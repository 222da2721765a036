// SPDX-License-Identifier: Apache-2.0
import type { ChunkEvent } from '../../src/engine/chunks/chunk-context.ts';
import type { ChunkWorkPorts, ChunkWorkSettings } from '../../src/engine/chunks/open-chunk-work.ts';
import type { KvReader } from '../../src/ports/kv-engine.ts';
import type { ObjectStore } from '../../src/ports/object-store.ts';
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
  /** For checkers and mutants: one attempt at the store, the rows of which reads take the chunk set, and the world as the chunks of a process see it. */
  readonly objectStore: (store: ObjectStore) => ObjectStore;
  readonly coldReader: (reader: KvReader) => KvReader;
  readonly alterPorts: (ports: ChunkWorkPorts, process: SimProcess) => ChunkWorkPorts;
  readonly onEvent: (event: ChunkEvent) => void;
}
