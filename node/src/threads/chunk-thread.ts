// SPDX-License-Identifier: Apache-2.0
import { setImmediate as nextTurn } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { assert } from '@shortlink/common/assert.ts';
import { DiskCacheFiles } from '../adapters/chunk-files/disk-cache-files.ts';
import { DiskChunkFiles } from '../adapters/chunk-files/disk-chunk-files.ts';
import { attachReader } from '../adapters/rocksdb/rocks-kv-engine.ts';
import { dataDirPaths } from '../adapters/system/data-dir.ts';
import { newLogger } from '../adapters/system/logger.ts';
import { systemClock } from '../adapters/system/system-clock.ts';
import { SystemRandom } from '../adapters/system/system-random.ts';
import { systemTimers } from '../adapters/system/system-timers.ts';
import { zlibChunkCodec } from '../adapters/system/zlib-chunk-codec.ts';
import { defaultChunkFormat as format } from '../core/lifecycle/default-format.ts';
import { Supersession } from '../engine/archive/supersession.ts';
import type { ChunkContext } from '../engine/chunks/chunk-context.ts';
import { ChunkDriver } from '../engine/chunks/chunk-driver.ts';
import type { ChunkDriverSettings } from '../engine/chunks/chunk-driver.ts';
import { ChunkLibrary } from '../engine/chunks/chunk-library.ts';
import { ColdService } from '../engine/chunks/cold-service.ts';
import { DiskCache } from '../engine/chunks/disk-cache.ts';
import { BytePacer } from '../engine/chunks/byte-pacer.ts';
import { UpkeepJobs } from '../engine/chunks/upkeep-jobs.ts';
import { serveColdTier } from '../engine/client/cold-channel.ts';
import { EngineChunkPeers } from '../engine/client/engine-chunk-peers.ts';
import { RemoteEngine } from '../engine/client/remote-engine.ts';
import { ShardsClient } from '../engine/client/shards-client.ts';
import type { ChunkUpkeep } from '../ports/chunk-upkeep.ts';
import type { ColdTier } from '../ports/cold-tier.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import { serveUpkeep } from '../engine/client/upkeep-channel.ts';
import { watchEventLoop } from '../telemetry/event-loop.ts';
import { LocalMetrics } from '../telemetry/local-metrics.ts';
import { meteredChunks, type ChunkMeters } from './chunk-metrics.ts';
import type { ChunkOrder, ChunkReport, ChunkThreadData } from './messages.ts';
import { openRetryingStore } from './object-store.ts';
import { portChannel, soon } from './port-channel.ts';
import { storeIsSafe } from './store-gate.ts';

// Composition root of the thread that builds, moves and reads chunks.

assert(parentPort !== null, 'chunks are kept on a worker thread');
const main = parentPort;
const { config, handle, nodeId, engine: enginePort } = workerData as ChunkThreadData;
const logger = newLogger({ level: config.log.level, node: config.node.name, thread: 'chunk' });
const reportIntervalMs = 1000;
const roundMs = 250;
const mergeRetryAfterMs = 30_000;

function report(message: ChunkReport): void {
  main.postMessage(message);
}

function fatal(error: unknown): void {
  report({ type: 'fatal', message: error instanceof Error ? (error.stack ?? error.message) : String(error) });
}

function reportRegularly(metrics: LocalMetrics): NodeJS.Timeout {
  const loop = watchEventLoop('chunk', metrics);
  return setInterval(() => {
    loop.publish();
    report({ type: 'metrics', metrics: metrics.snapshot() });
  }, reportIntervalMs);
}

let stopping = false;

/** Reads go on meanwhile: what is in the store already is not made worse by a store that is away. */
function startWhenSafe(driver: ChunkDriver, { objects, random }: ChunkContext): void {
  void storeIsSafe(objects, { random, logger, isOver: () => stopping }).then((isSafe) => {
    if (isSafe) driver.start();
  }, fatal);
}

function driverSettings(): ChunkDriverSettings {
  const {
    redundancy,
    checkpointEveryMs,
    sealAfterBytes,
    sealAfterMs,
    maxCandidates,
    mergeTargetBytes: targetBytes,
    gcMinAgeMs: minAgeMs,
    orphanMinAgeMs,
  } = config.chunks;
  return {
    redundancy,
    checkpointEveryMs,
    roundMs,
    policy: { sealAfterBytes, sealAfterMs, format },
    merges: { policy: { maxCandidates, targetBytes }, retryAfterMs: mergeRetryAfterMs },
    collector: { minAgeMs, orphanMinAgeMs },
  };
}

function newSupersession(objects: ObjectStore, meters: ChunkMeters): Supersession {
  const sha256Of = (bytes: Uint8Array): Uint8Array => zlibChunkCodec.sha256Of(bytes);
  return new Supersession(objects, sha256Of, (message) => {
    meters.onSuperseded(message);
    report({ type: 'notice', message });
  });
}

/** The files of an earlier process are removed even when there is to be no cache. */
async function openDiskCache(
  meters: ChunkMeters,
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
  const objects = await openRetryingStore(config.objectStore);
  const files = await DiskChunkFiles.open(dataDirPaths(config.data.dir).chunks);
  const reader = attachReader(handle);
  const random = new SystemRandom();
  const meters = meteredChunks(metrics, logger, {
    self: nodeId,
    onFacts: (facts, counts) => engine.carry(facts, counts),
  });
  const { files: cacheFiles, cache: diskCache } = await openDiskCache(meters);
  const engine = new RemoteEngine(portChannel(enginePort), soon);
  const peers = new EngineChunkPeers(engine);
  const library = new ChunkLibrary({
    files,
    peers,
    self: nodeId,
    objects,
    codec: zlibChunkCodec,
    tailCacheBytes: config.chunks.tailCacheBytes,
    blockCacheBytes: config.chunks.blockCacheBytes,
    diskCache,
    onRead: meters.onRead,
    onCorruptCopy: (name) => {
      meters.onCorruptCopy(name);
      void dropCopy(name).catch(fatal);
    },
  });
  const dropCopy = async (name: string): Promise<void> => {
    await files.remove(name);
    library.forget(name);
    meters.observer.count('dropped');
  };
  const cold = new ColdService({ reader, library, timers: systemTimers, onMissing: meters.onMissing, onFatal: fatal });
  const clients = { engine, clock: systemClock, timers: systemTimers, random };
  const shards = new ShardsClient({ ...clients, reader, coldTier: cold });
  const supersession = newSupersession(objects, meters);
  const pacer = new BytePacer(config.chunks.bytesPerSecond, systemClock, systemTimers);
  const context: ChunkContext = {
    shards,
    reader,
    objects,
    files,
    peers,
    self: nodeId,
    codec: zlibChunkCodec,
    supersession,
    clock: systemClock,
    timers: systemTimers,
    random,
    observer: meters.observer,
    breathe: async () => nextTurn(),
    pace: async (bytes) => pacer.take(bytes),
    dropCopy,
    copied: (name) => library.trust(name),
    onFatal: fatal,
  };
  const driver = new ChunkDriver(context, driverSettings());
  const upkeep = new UpkeepJobs(context, driver.collector);
  startWhenSafe(driver, context);
  const reporter = reportRegularly(metrics);
  report({ type: 'started' });

  obey({ cold, upkeep }, () => {
    clearInterval(reporter);
    report({ type: 'metrics', metrics: metrics.snapshot() });
    stop(driver, [objects, files, cacheFiles]);
  });
}

function obey({ cold, upkeep }: { readonly cold: ColdTier; readonly upkeep: ChunkUpkeep }, onStop: () => void): void {
  main.on('message', (order: ChunkOrder) => {
    if (order.type === 'serve') return serveColdTier(cold, portChannel(order.port), soon);
    if (order.type === 'upkeep') return serveUpkeep(upkeep, portChannel(order.port), soon);
    return onStop();
  });
}

function stop(driver: ChunkDriver, open: readonly { close(): Promise<void> }[]): void {
  stopping = true;
  driver.stop();
  enginePort.close();
  void Promise.all(open.map(async (one) => one.close())).then(() => report({ type: 'stopped' }), fatal);
}

run().catch(fatal);
