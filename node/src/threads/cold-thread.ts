// SPDX-License-Identifier: Apache-2.0
import { parentPort, workerData } from 'node:worker_threads';
import { assert } from '@shortlink/common/assert.ts';
import { DiskCacheFiles } from '../adapters/chunk-files/disk-cache-files.ts';
import { DiskChunkReader } from '../adapters/chunk-files/disk-chunk-files.ts';
import { attachReader } from '../adapters/rocksdb/rocks-kv-engine.ts';
import { dataDirPaths } from '../adapters/system/data-dir.ts';
import { newLogger } from '../adapters/system/logger.ts';
import { systemClock } from '../adapters/system/system-clock.ts';
import { systemTimers } from '../adapters/system/system-timers.ts';
import { zlibChunkCodec } from '../adapters/system/zlib-chunk-codec.ts';
import { ChunkLibrary } from '../engine/chunks/chunk-library.ts';
import { ColdService } from '../engine/chunks/cold-service.ts';
import { DiskCache } from '../engine/chunks/disk-cache.ts';
import type { Channel } from '../engine/client/channel.ts';
import { serveColdTier } from '../engine/client/cold-channel.ts';
import { EngineChunkPeers } from '../engine/client/engine-chunk-peers.ts';
import { RemoteEngine } from '../engine/client/remote-engine.ts';
import { watchEventLoop } from '../telemetry/event-loop.ts';
import { LocalMetrics } from '../telemetry/local-metrics.ts';
import { meteredReads, type ColdMeters } from './cold-metrics.ts';
import type { ChunkThreadData, ColdOrder, ColdReport, CopyNotice, CorruptCopy } from './messages.ts';
import { openRetryingStore } from './object-store.ts';
import { portChannel, soon } from './port-channel.ts';

// Composition root of the thread that reads chunks and does nothing else: nobody's read waits for one that is being made.

assert(parentPort !== null, 'chunks are read on a worker thread');
const main = parentPort;
const { config, handle, nodeId, engine: enginePort, copies: copiesPort } = workerData as ChunkThreadData;
const logger = newLogger({ level: config.log.level, node: config.node.name, thread: 'cold' });
const reportIntervalMs = 1000;

function report(message: ColdReport): void {
  main.postMessage(message);
}

function fatal(error: unknown): void {
  report({ type: 'fatal', message: error instanceof Error ? (error.stack ?? error.message) : String(error) });
}

/** The other thread owns the copies: it says when one has come or gone, and is told which one is wrong. */
function follow(copies: Channel<CorruptCopy, CopyNotice>, library: ChunkLibrary, files: DiskChunkReader): void {
  copies.onBatch((notices) => {
    for (const { type, name } of notices) {
      // The open handle is one of the file that was there before.
      void files.forget(name).catch(fatal);
      if (type === 'copied') library.trust(name);
      else library.forget(name);
    }
  });
}

/** The files of an earlier process are removed even when there is to be no cache. */
async function openDiskCache(
  meters: ColdMeters,
): Promise<{ readonly files: DiskCacheFiles; readonly cache: DiskCache }> {
  const files = await DiskCacheFiles.open(dataDirPaths(config.data.dir).cache);
  const cache = new DiskCache({
    files,
    maxBytes: config.chunks.diskCacheBytes,
    clock: systemClock,
    crc32: (bytes) => zlibChunkCodec.crc32(bytes),
    observer: meters.diskCache,
  });
  return { files, cache };
}

async function run(): Promise<void> {
  const metrics = new LocalMetrics();
  const meters = meteredReads(metrics, logger);
  const objects = await openRetryingStore(config.objectStore);
  const files = new DiskChunkReader(dataDirPaths(config.data.dir).chunks);
  const { files: cacheFiles, cache: diskCache } = await openDiskCache(meters);
  const copies: Channel<CorruptCopy, CopyNotice> = portChannel(copiesPort);
  const library = new ChunkLibrary({
    files,
    peers: new EngineChunkPeers(new RemoteEngine(portChannel(enginePort), soon)),
    self: nodeId,
    objects,
    codec: zlibChunkCodec,
    tailCacheBytes: config.chunks.tailCacheBytes,
    blockCacheBytes: config.chunks.blockCacheBytes,
    diskCache,
    onRead: meters.onRead,
    onCorruptCopy: (name) => {
      meters.onCorruptCopy(name);
      copies.post([{ name }]);
    },
  });
  follow(copies, library, files);
  const cold = new ColdService({
    reader: attachReader(handle),
    library,
    timers: systemTimers,
    onMissing: meters.onMissing,
    onFatal: fatal,
  });
  const loop = watchEventLoop('cold', metrics);
  const reporter = setInterval(() => {
    loop.publish();
    report({ type: 'metrics', metrics: metrics.snapshot() });
  }, reportIntervalMs);
  report({ type: 'started' });

  main.on('message', (order: ColdOrder) => {
    if (order.type === 'serve') return serveColdTier(cold, portChannel(order.port), soon);
    clearInterval(reporter);
    report({ type: 'metrics', metrics: metrics.snapshot() });
    enginePort.close();
    copiesPort.close();
    const open = [objects, files, cacheFiles];
    void Promise.all(open.map(async (one) => one.close())).then(() => report({ type: 'stopped' }), fatal);
  });
}

run().catch(fatal);
