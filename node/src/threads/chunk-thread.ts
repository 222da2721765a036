// SPDX-License-Identifier: Apache-2.0
import { setImmediate as nextTurn } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { assert } from '@shortlink/common/assert.ts';
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
import { BytePacer } from '../engine/chunks/byte-pacer.ts';
import { UpkeepJobs } from '../engine/chunks/upkeep-jobs.ts';
import type { Channel } from '../engine/client/channel.ts';
import { EngineChunkPeers } from '../engine/client/engine-chunk-peers.ts';
import { RemoteEngine } from '../engine/client/remote-engine.ts';
import { ShardsClient } from '../engine/client/shards-client.ts';
import { noColdTier } from '../ports/cold-tier.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import { serveUpkeep } from '../engine/client/upkeep-channel.ts';
import { watchEventLoop } from '../telemetry/event-loop.ts';
import { LocalMetrics } from '../telemetry/local-metrics.ts';
import { meteredChunks, type ChunkMeters } from './chunk-metrics.ts';
import type { ChunkOrder, ChunkReport, ChunkThreadData, CopyNotice, CorruptCopy } from './messages.ts';
import { openRetryingStore } from './object-store.ts';
import { portChannel, soon } from './port-channel.ts';
import { storeIsSafe } from './store-gate.ts';

// Composition root of the thread that builds and moves chunks. Requests do not wait for it: see cold-thread.ts.

assert(parentPort !== null, 'chunks are kept on a worker thread');
const main = parentPort;
const { config, handle, nodeId, engine: enginePort, copies: copiesPort } = workerData as ChunkThreadData;
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
  const engine = new RemoteEngine(portChannel(enginePort), soon);
  const peers = new EngineChunkPeers(engine);
  const copies: Channel<CopyNotice, CorruptCopy> = portChannel(copiesPort);
  const dropCopy = async (name: string): Promise<void> => {
    await files.remove(name);
    copies.post([{ type: 'dropped', name }]);
    meters.observer.count('dropped');
  };
  copies.onBatch((corrupt) => {
    for (const { name } of corrupt) void dropCopy(name).catch(fatal);
  });
  const clients = { engine, clock: systemClock, timers: systemTimers, random };
  // It reads lifecycles only, which are hot.
  const shards = new ShardsClient({ ...clients, reader, coldTier: noColdTier });
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
    copied: (name) => copies.post([{ type: 'copied', name }]),
    onFatal: fatal,
  };
  const driver = new ChunkDriver(context, driverSettings());
  const upkeep = new UpkeepJobs(context, driver.collector);
  startWhenSafe(driver, context);
  const reporter = reportRegularly(metrics);
  report({ type: 'started' });

  main.on('message', (order: ChunkOrder) => {
    if (order.type === 'upkeep') return serveUpkeep(upkeep, portChannel(order.port), soon);
    clearInterval(reporter);
    report({ type: 'metrics', metrics: metrics.snapshot() });
    return stop(driver, [objects, files]);
  });
}

function stop(driver: ChunkDriver, open: readonly { close(): Promise<void> }[]): void {
  stopping = true;
  driver.stop();
  enginePort.close();
  copiesPort.close();
  void Promise.all(open.map(async (one) => one.close())).then(() => report({ type: 'stopped' }), fatal);
}

run().catch(fatal);
