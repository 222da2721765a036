// SPDX-License-Identifier: Apache-2.0
import type { ColumnFamilyOptions, OpenOptions } from 'rocksdb/binding.js';

const MiB = 1024 * 1024;

/**
 * Memory of one store. RocksDB's memtables reach 1.5 times their budget before writes stall, so the defaults come to about
 * 150 MiB at the worst and 110 MiB as a rule: a node stays under 200 MiB with what Node.js itself needs for the store.
 * The write-ahead log grows to about six times the sum of the memtable budgets before RocksDB forces a flush (300 MiB).
 */
export interface RocksBudget {
  /** Block cache of the state: data blocks, indexes and filters. */
  readonly stateCacheBytes: number;
  readonly stateMemtableBytes: number;
  readonly raftCacheBytes: number;
  readonly raftMemtableBytes: number;
  /** Threads for flushes and compactions. */
  readonly backgroundThreads: number;
}

export const defaultRocksBudget: RocksBudget = {
  stateCacheBytes: 64 * MiB,
  stateMemtableBytes: 32 * MiB,
  raftCacheBytes: 8 * MiB,
  raftMemtableBytes: 16 * MiB,
  backgroundThreads: 2,
};

const metaMemtableBytes = MiB;
const metaCacheBytes = MiB;
/** 10 bits a key over whole keys: about 1 % false positives. The blocked Bloom filter answers faster than Ribbon. */
const bloomFilter = 'bloomfilter:10:false';

/** RocksDB's column families by the port's names; `default` must exist, and reads of it are the cheapest the binding has. */
export const columnFamilyNames = { state: 'default', raft: 'raft', meta: 'meta' } as const;

function columnFamily(memtableBytes: number, cacheBytes: number): ColumnFamilyOptions {
  return {
    // Drops what range deletes have covered, and compresses nothing that is gone soon (ADR 0029).
    compaction: 'universal',
    memtableMemoryBudget: memtableBytes,
    cacheSize: cacheBytes,
    // Outside the cache they would grow without a bound.
    cacheIndexAndFilterBlocks: true,
    filterPolicy: bloomFilter,
    compression: false,
  };
}

export function openOptions(budget: RocksBudget): OpenOptions {
  return {
    createIfMissing: true,
    // A compressed log could not be scanned record by record (wal-scan.ts).
    walCompression: false,
    parallelism: budget.backgroundThreads,
    columns: {
      [columnFamilyNames.state]: {
        ...columnFamily(budget.stateMemtableBytes, budget.stateCacheBytes),
        // A filter over the memtable and a hash index inside blocks: most lookups of free codes are misses.
        optimize: 'point-lookup',
      },
      [columnFamilyNames.raft]: columnFamily(budget.raftMemtableBytes, budget.raftCacheBytes),
      [columnFamilyNames.meta]: columnFamily(metaMemtableBytes, metaCacheBytes),
    },
  };
}
