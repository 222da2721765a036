// SPDX-License-Identifier: Apache-2.0
import type { Logger } from 'pino';
import type { ReadTier } from '../engine/chunks/chunk-library.ts';
import type { DiskCacheObserver } from '../engine/chunks/disk-cache.ts';
import type { MetricsSink } from '../telemetry/sink.ts';

export interface ColdMeters {
  readonly onRead: (tier: ReadTier, bytes: number) => void;
  readonly onMissing: (message: string) => void;
  readonly onCorruptCopy: (name: string) => void;
  readonly diskCache: DiskCacheObserver;
}

/** Turns what reads of chunks report into metrics and log lines. */
export function meteredReads(metrics: MetricsSink, logger: Logger): ColdMeters {
  return {
    onRead: (tier, bytes) => {
      metrics.add('shortlink_node_chunk_reads_total', 1, { tier });
      metrics.add('shortlink_node_chunk_read_bytes_total', bytes, { tier });
    },
    onCorruptCopy: (name) =>
      logger.error({ object: name }, 'a copy of a chunk is corrupt; it is read from the store and copied again'),
    onMissing: (message) => {
      metrics.add('shortlink_node_chunk_missing_total', 1);
      logger.error({}, `${message}, although the chunk set names it`);
    },
    diskCache: meteredDiskCache(metrics, logger),
  };
}

function meteredDiskCache(metrics: MetricsSink, logger: Logger): DiskCacheObserver {
  metrics.set('shortlink_node_chunk_cache_bytes', 0);
  metrics.set('shortlink_node_chunk_cache_off', 0);
  return {
    holds: (bytes) => metrics.set('shortlink_node_chunk_cache_bytes', bytes),
    switchedOff: (problem) => {
      metrics.set('shortlink_node_chunk_cache_off', problem === undefined ? 0 : 1);
      if (problem === undefined) return;
      logger.warn(
        { problem },
        'the disk has no room for what is read from afar, or fails; nothing of it is kept for the next ten minutes',
      );
    },
    damaged: () => metrics.add('shortlink_node_chunk_cache_damaged_total', 1),
  };
}
