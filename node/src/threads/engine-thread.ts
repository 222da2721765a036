// SPDX-License-Identifier: Apache-2.0
import { RemoteColdTier } from '../engine/client/cold-channel.ts';
import { noColdTier } from '../ports/cold-tier.ts';
import type { ColdTier } from '../ports/cold-tier.ts';
import { X509Certificate } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';
import { assert } from '@shortlink/common/assert.ts';
import { DiskChunkReader } from '../adapters/chunk-files/disk-chunk-files.ts';
import { createGrpcPeers, type GrpcPeers } from '../adapters/peers/grpc-peers.ts';
import { PeerCertificates } from '../adapters/peers/peer-certificates.ts';
import type { PeersObserver } from '../adapters/peers/peers-observer.ts';
import { RocksKvEngine } from '../adapters/rocksdb/rocks-kv-engine.ts';
import { defaultRocksBudget } from '../adapters/rocksdb/rocks-options.ts';
import {
  dataDirPaths,
  hasNodeIdFile,
  ownerAdvice,
  prepareDataDir,
  writeNodeIdFile,
} from '../adapters/system/data-dir.ts';
import { diskSpace, freeBytes } from '../adapters/system/disk-space.ts';
import { newLogger } from '../adapters/system/logger.ts';
import { systemClock } from '../adapters/system/system-clock.ts';
import { systemTimers } from '../adapters/system/system-timers.ts';
import { SystemRandom } from '../adapters/system/system-random.ts';
import { serveEngine } from '../engine/client/engine-server.ts';
import { Engine } from '../engine/engine.ts';
import { LinkVersions } from '../engine/link-versions.ts';
import { zoneOf } from '../engine/cluster/own-description.ts';
import { ForeignVolumeError, Volume } from '../engine/cluster/volume.ts';
import type { PeerHandler } from '../ports/peers.ts';
import { StoreCorruptError, StoreFailedError } from '../ports/kv-engine.ts';
import { EngineGauges, meteredObserver } from './engine-metrics.ts';
import { formationGuard } from './formation-guard.ts';
import { engineConfig } from './engine-settings.ts';
import type { EngineOrder, EngineReport, EngineThreadData } from './messages.ts';
import { atOnce, portChannel, soon } from './port-channel.ts';
import { watchEventLoop } from '../telemetry/event-loop.ts';
import { LocalMetrics } from '../telemetry/local-metrics.ts';
import { followTls } from './tls-files.ts';
import { ZoneFile } from './zone-file.ts';

// Composition root of the engine's thread: the store, the groups and the streams to the other nodes live here.

assert(parentPort !== null, 'the engine runs on a worker thread');
const main = parentPort;
const { config } = workerData as EngineThreadData;
const logger = newLogger({ level: config.log.level, node: config.node.name, thread: 'engine' });
const reportIntervalMs = 500;

function report(message: EngineReport): void {
  main.postMessage(message);
}

function fatal(error: unknown): void {
  const expected =
    error instanceof ForeignVolumeError || error instanceof StoreCorruptError || error instanceof StoreFailedError;
  const message = error instanceof Error ? (expected ? error.message : (error.stack ?? error.message)) : String(error);
  report({ type: 'fatal', message, expected });
}

/** Mutual TLS between nodes is on when its files are given, and follows them. */
function peerCertificates(metrics: LocalMetrics): PeerCertificates | undefined {
  if (config.tls.peer.caFile === '') return undefined;
  const showExpiry = (certificate: Buffer): void => {
    const { validToDate } = new X509Certificate(certificate);
    metrics.set('shortlink_node_tls_certificate_expiry_timestamp_seconds', validToDate.getTime() / 1000);
  };
  const files = followTls(config.tls.peer, {
    onChange: (tls) => {
      logger.info({}, 'new connections between nodes use a new certificate');
      certificates.replace(tls);
      showExpiry(tls.cert);
    },
    onTrouble: (error) =>
      logger.error({ err: error }, 'the certificates between nodes were changed and cannot be used: the old ones stay'),
  });
  const certificates = new PeerCertificates(files.value);
  showExpiry(files.value.cert);
  return certificates;
}

/** Undefined when no file is to tell it. A node that was somewhere before need not wait for it. */
async function ownZone(volume: Volume): Promise<ZoneFile | undefined> {
  const { zoneFile, zoneWaitMs, zone } = config.node;
  if (zoneFile === '') return undefined;
  const file = new ZoneFile(zoneFile, logger);
  if (zone !== '' || zoneOf(volume) !== undefined) return file;
  await file.wait(zoneWaitMs, () => {
    const waitingFor = `the zone of this node in ${zoneFile}, for at most ${zoneWaitMs / 1000} s`;
    report({ type: 'health', health: { ready: false, writable: false, waitingFor } });
  });
  return file;
}

async function openStore(): Promise<RocksKvEngine> {
  const paths = prepareDataDir(config.data.dir);
  try {
    return await RocksKvEngine.open({
      path: paths.store,
      mustExist: hasNodeIdFile(paths),
      budget: {
        ...defaultRocksBudget,
        stateCacheBytes: config.rocksdb.cacheBytes,
        stateMemtableBytes: config.rocksdb.memtableBytes,
      },
    });
  } catch (error) {
    if (error instanceof StoreFailedError && /lock/i.test(error.message))
      throw new StoreFailedError(ownerAdvice(paths), { cause: error });
    throw error;
  }
}

function reportRegularly(engine: Engine, metrics: LocalMetrics): NodeJS.Timeout {
  const gauges = new EngineGauges(engine, metrics, () => diskSpace(config.data.dir));
  const loop = watchEventLoop('engine', metrics);
  return setInterval(() => {
    gauges.publish();
    loop.publish();
    report({ type: 'health', health: engine.health() });
    report({ type: 'metrics', metrics: metrics.snapshot() });
  }, reportIntervalMs);
}

/** Other nodes may speak before the engine is open. */
function peerHandler(open: { readonly engine?: Engine }): PeerHandler {
  return {
    onFrame: (from, frame) => open.engine?.onFrame(from, frame),
    onDisconnect: (from) => open.engine?.onDisconnect(from),
    onSnapshot: (from, header) => {
      assert(open.engine !== undefined, 'the engine is not open yet');
      return open.engine.onSnapshot(from, header);
    },
    onQuestion: async (question) => {
      assert(open.engine !== undefined, 'the engine is not open yet');
      return open.engine.onQuestion(question);
    },
  };
}

interface TransportParts {
  readonly nodeId: string;
  readonly open: { readonly engine?: Engine };
  readonly metrics: LocalMetrics;
  readonly observer: PeersObserver;
  readonly random: SystemRandom;
}

function newTransport({ nodeId, open, metrics, observer, random }: TransportParts): GrpcPeers {
  return createGrpcPeers({
    self: { nodeId, clusterId: () => open.engine?.volume.clusterId },
    listen: config.peer.address,
    tls: peerCertificates(metrics),
    snapshotBytesPerSecond: config.snapshot.bytesPerSecond,
    queueMaxBytes: 2 * config.raft.maxInflightBytes,
    handler: peerHandler(open),
    observer,
    clock: systemClock,
    timers: systemTimers,
    random,
  });
}

async function run(): Promise<void> {
  const store = await openStore();
  const metrics = new LocalMetrics();
  const random = new SystemRandom();
  const volume = new Volume(store, config.node.name, random);
  const { nodeId } = volume;
  writeNodeIdFile(dataDirPaths(config.data.dir), nodeId);
  const zone = await ownZone(volume);
  const observer = meteredObserver(metrics, logger, systemClock);
  const open: { engine?: Engine } = {};
  const transport = newTransport({ nodeId, open, metrics, observer, random });
  const linkVersions = new LinkVersions();
  // The chunks are opened after the store; until then, and without an object store, nobody can ask them.
  let coldTier: ColdTier = noColdTier;
  const settings = engineConfig(config);
  const engine = new Engine(
    { ...settings, zone: zone?.zone ?? settings.zone },
    {
      store,
      linkVersions,
      peers: transport.peers,
      // Read here and not by the thread that makes chunks, which may be busy with one.
      copies: new DiskChunkReader(dataDirPaths(config.data.dir).chunks),
      formationGuard: formationGuard(config.objectStore),
      coldTier: { query: async (query, timeoutMs) => coldTier.query(query, timeoutMs) },
      clock: systemClock,
      random,
      observer,
      soon,
      timers: systemTimers,
      onFatal: fatal,
    },
  );
  open.engine = engine;
  zone?.onZone((name) => engine.self.useZone(name));
  engine.ring.heartbeats.measureDisk(() => freeBytes(config.data.dir));
  await transport.start();
  const ticker = setInterval(() => engine.tick(), config.raft.tickMs);
  const reporter = reportRegularly(engine, metrics);
  const shares = { handle: store.handle, linkVersions: linkVersions.words };
  report({ type: 'started', nodeId: engine.nodeId, shares });

  main.on('message', (order: EngineOrder) => {
    if (order.type === 'serve') return serveEngine(engine, portChannel(order.port), atOnce);
    if (order.type === 'coldTier') {
      coldTier = new RemoteColdTier(portChannel(order.port), atOnce);
      return;
    }
    if (order.type === 'drain') {
      void engine.drain(Math.ceil(order.timeoutMs / config.raft.tickMs)).then(() => report({ type: 'drained' }));
      return;
    }
    clearInterval(ticker);
    clearInterval(reporter);
    zone?.stop();
    void engine
      .stop()
      .then(async () => transport.peers.close())
      .then(async () => store.close())
      .then(() => report({ type: 'stopped' }), fatal);
  });
}

run().catch(fatal);
