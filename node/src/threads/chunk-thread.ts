// SPDX-License-Identifier: Apache-2.0
import { parentPort, workerData } from 'node:worker_threads';
import { assert } from '@shortlink/common/assert.ts';
import { DiskChunkFiles } from '../adapters/chunk-files/disk-chunk-files.ts';
import { attachReader } from '../adapters/rocksdb/rocks-kv-engine.ts';
import { dataDirPaths } from '../adapters/system/data-dir.ts';
import { newLogger } from '../adapters/system/logger.ts';
import { systemClock } from '../adapters/system/system-clock.ts';
import { SystemRandom } from '../adapters/system/system-random.ts';
import { systemTimers } from '../adapters/system/system-timers.ts';
import { PolitePause } from '../adapters/system/polite-pause.ts';
import { lowerThreadPriority } from '../adapters/system/thread-priority.ts';
import { zlibChunkCodec } from '../adapters/system/zlib-chunk-codec.ts';
import { defaultChunkFormat as format } from '../core/lifecycle/default-format.ts';
import type { ChunkContext } from '../engine/chunks/chunk-context.ts';
import type { ChunkDriver } from '../engine/chunks/chunk-driver.ts';
import { openChunkWork } from '../engine/chunks/open-chunk-work.ts';
import type { ChunkWorkPorts, ChunkWorkSettings } from '../engine/chunks/open-chunk-work.ts';
import { StoreTrouble } from '../engine/chunks/store-trouble.ts';
import type { Channel } from '../engine/client/channel.ts';
import { RemoteEngine } from '../engine/client/remote-engine.ts';
import { serveUpkeep } from '../engine/client/upkeep-channel.ts';
import { watchEventLoop } from '../telemetry/event-loop.ts';
import { LocalMetrics } from '../telemetry/local-metrics.ts';
import { meteredChunks } from './chunk-metrics.ts';
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
/** A third of the CPU that a thread which serves gets, where both want more than there is: writers and readers go first. */
const stepsBack = 5;
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

/** What the nodes do among themselves, digests above all, does not wait for a store that is away. */
function writeWhenSafe(gate: { isOpen: boolean }, trouble: StoreTrouble, { objects, random }: ChunkContext): void {
  const onTrouble = (why: string): void => trouble.closed(why);
  void storeIsSafe(objects, { random, logger, onTrouble, isOver: () => stopping }).then((isSafe) => {
    gate.isOpen = isSafe;
    trouble.closed(undefined);
  }, fatal);
}

function settings(): ChunkWorkSettings {
  const {
    bytesPerSecond,
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
    bytesPerSecond,
    redundancy,
    checkpointEveryMs,
    roundMs,
    policy: { sealAfterBytes, sealAfterMs, format },
    merges: { policy: { maxCandidates, targetBytes }, retryAfterMs: mergeRetryAfterMs },
    collector: { minAgeMs, orphanMinAgeMs },
  };
}

async function run(): Promise<void> {
  lowerThreadPriority(stepsBack);
  const metrics = new LocalMetrics();
  const objects = await openRetryingStore(config.objectStore);
  const files = await DiskChunkFiles.open(dataDirPaths(config.data.dir).chunks);
  const engine = new RemoteEngine(portChannel(enginePort), soon);
  const copies: Channel<CopyNotice, CorruptCopy> = portChannel(copiesPort);
  const trouble = new StoreTrouble(systemClock);
  const meters = meteredChunks(metrics, logger, {
    self: nodeId,
    onFacts: (facts, counts) => engine.carry(facts, counts),
    trouble,
  });
  const gate = { isOpen: false };
  const pause = new PolitePause();
  const ports: ChunkWorkPorts = {
    self: nodeId,
    engine,
    reader: attachReader(handle),
    objects,
    files,
    codec: zlibChunkCodec,
    mayWrite: () => gate.isOpen,
    clock: systemClock,
    timers: systemTimers,
    random: new SystemRandom(),
    observer: meters.observer,
    onSuperseded: (message) => {
      meters.onSuperseded(message);
      report({ type: 'notice', message });
    },
    copied: (name) => copies.post([{ type: 'copied', name }]),
    dropped: (name) => copies.post([{ type: 'dropped', name }]),
    breathe: async () => pause.take(),
    onFatal: fatal,
  };
  const { context, driver, upkeep } = openChunkWork(ports, settings());
  copies.onBatch((corrupt) => {
    for (const { name } of corrupt) void context.dropCopy(name).catch(fatal);
  });
  writeWhenSafe(gate, trouble, context);
  driver.start();
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
