// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { assert } from '@shortlink/common/assert.ts';
import type { Logger } from 'pino';
import { dataDirPaths, prepareDataDir, removePidFile, writePidFile } from './adapters/system/data-dir.ts';
import { newLogger } from './adapters/system/logger.ts';
import { systemClock } from './adapters/system/system-clock.ts';
import { parseHostPort } from '@shortlink/common/host-port.ts';
import type { HostPort } from '@shortlink/common/host-port.ts';
import type { RocksHandle } from './adapters/rocksdb/rocks-kv-engine.ts';
import type { Config } from './config/options.ts';
import { newAuthenticator, parseTokens } from './servers/auth.ts';
import type { Authenticator } from './servers/auth.ts';
import { ApiServer } from './servers/http/api-server.ts';
import { GrpcServer } from './servers/grpc/grpc-server.ts';
import { exposureProblem } from './servers/listen.ts';
import { OpsServer, type Readiness } from './servers/ops-server.ts';
import { ChunkThreads } from './threads/chunk-threads.ts';
import { EngineWorker } from './threads/engine-worker.ts';
import { RedirectWorker } from './threads/redirect-worker.ts';
import { newServices } from './threads/services.ts';
import { watchEventLoop } from './telemetry/event-loop.ts';
import { LocalMetrics } from './telemetry/local-metrics.ts';
import { MetricsHub } from './telemetry/metrics-hub.ts';

/** Parts of shutdown.timeoutMs, which bounds them all. */
const handOverMs = 2000;
const closeConnectionsMs = 5000;

/** Runs one storage node until a signal ends it; the only way out besides is a fatal error, with exit code 1. */
export async function runNode(config: Config): Promise<void> {
  const logger = newLogger({ level: config.log.level, node: config.node.name, thread: 'main' });
  const authenticator = readTokens(config);
  checkExposure(config, authenticator);
  prepareDataDir(config.data.dir);
  const stop = stopSignal();
  const metrics = new LocalMetrics();
  const hub = new MetricsHub(metrics);
  const onFatal = (message: string): void => die(logger, message);
  const onError = (error: unknown): void => logger.error({ err: error }, 'a request failed by a defect');
  const engine = new EngineWorker(config, { onFatal, onMetrics: (snapshot) => hub.update('engine', snapshot) });
  // Whoever asks before the chunks are open learns what the engine says.
  const open: { chunks?: ChunkThreads | undefined } = {};
  const readiness = (): Readiness => ({ ...engine.health, notice: open.chunks?.notice });
  const ops = new OpsServer({ readiness, isLive: () => engine.isLive(), metrics: hub, onError });
  await ops.listen(hostPort(config.ops.address));
  const { nodeId, shares } = await engine.started();
  const paths = dataDirPaths(config.data.dir);
  writePidFile(paths, process.pid);

  const chunks = await startChunks(config, { handle: shares.handle, nodeId, engine, hub, onFatal });
  open.chunks = chunks;
  const services = newServices(config, shares.handle, {
    engine: engine.connect(),
    coldTier: chunks?.connect(),
    upkeep: chunks?.connectUpkeep(),
  });
  const timeoutMs = config.request.timeoutMs;
  const common = { ...services, authenticator, metrics, timeoutMs, onError };
  const api = new ApiServer({ ...common, tls: clientTls(config) });
  const grpc = new GrpcServer({
    ...common,
    clock: systemClock,
    isReady: () => engine.health.ready,
    tls: clientTls(config),
  });
  const redirects = Array.from({ length: config.redirect.threads }, (_, i) => {
    const events = {
      onFatal,
      onMetrics: (snapshot: Parameters<MetricsHub['update']>[1]) => hub.update(`redirect-${i}`, snapshot),
    };
    return new RedirectWorker({ config, shares, engine: engine.connect(), coldTier: chunks?.connect() }, events);
  });
  await api.listen(hostPort(config.api.address));
  await grpc.listen(hostPort(config.grpc.address));
  await Promise.all(redirects.map(async (redirect) => redirect.listening()));
  const loop = watchEventLoop('main', metrics);
  const publisher = setInterval(() => loop.publish(), 1000);
  ops.open();
  metrics.set('shortlink_node_info', 1);
  logger.info({ nodeId }, 'node started');

  await stop;
  logger.info({}, 'node stopping');
  setTimeout(() => die(logger, 'the node did not stop in time'), config.shutdown.timeoutMs).unref();
  await ops.drain();
  await sleep(config.shutdown.lameDuckMs);
  await engine.drain(handOverMs);
  await within(closeConnectionsMs, [api.drain(), grpc.drain(), ...redirects.map(async (redirect) => redirect.drain())]);
  await Promise.all([api.close(), grpc.close(), ops.close(), ...redirects.map(async (redirect) => redirect.stop())]);
  clearInterval(publisher);
  loop.stop();
  await chunks?.stop();
  removePidFile(paths, process.pid);
  await engine.stop();
  logger.info({}, 'node stopped');
}

interface ChunkSurroundings {
  readonly handle: RocksHandle;
  readonly nodeId: string;
  readonly engine: EngineWorker;
  readonly hub: MetricsHub;
  readonly onFatal: (message: string) => void;
}

/** Undefined without an object store: then everything stays on the nodes. */
async function startChunks(config: Config, around: ChunkSurroundings): Promise<ChunkThreads | undefined> {
  if (config.objectStore.url === '') return undefined;
  const { handle, nodeId, engine, hub, onFatal } = around;
  const chunks = new ChunkThreads({
    config,
    handle,
    nodeId,
    connectEngine: () => engine.connect(),
    onMetrics: (thread, snapshot) => hub.update(thread, snapshot),
    onFatal,
  });
  await chunks.started();
  engine.useColdTier(chunks.connect());
  return chunks;
}

/** What has not ended by then is cut off by the close that follows. */
async function within(limitMs: number, work: readonly Promise<void>[]): Promise<void> {
  const limit = new AbortController();
  await Promise.race([Promise.all(work), sleep(limitMs, undefined, { signal: limit.signal }).catch(() => undefined)]);
  limit.abort();
}

/** With a CA for clients the APIs speak TLS with the node's own certificate, and a client's certificate replaces its token. */
function clientTls(
  config: Config,
): { ca: Buffer; cert: Buffer; key: Buffer; requestCert: true; rejectUnauthorized: false } | undefined {
  if (config.auth.clientCaFile === '') return undefined;
  const { certFile, keyFile } = config.tls.peer;
  return {
    ca: readFileSync(config.auth.clientCaFile),
    cert: readFileSync(certFile),
    key: readFileSync(keyFile),
    requestCert: true,
    rejectUnauthorized: false,
  };
}

function readTokens(config: Config): Authenticator {
  const { tokensFile } = config.auth;
  return newAuthenticator(
    tokensFile === '' ? undefined : parseTokens(readFileSync(tokensFile, 'utf8')),
    config.auth.clientCaFile !== '',
  );
}

/** @throws when an API without tokens would be reachable from elsewhere. */
function checkExposure(config: Config, authenticator: Authenticator): void {
  const problems = (['api', 'grpc'] as const)
    .map((listener) =>
      exposureProblem({ listener, address: hostPort(config[listener].address) }, authenticator.isConfigured),
    )
    .filter((problem) => problem !== undefined);
  if (problems.length > 0) throw new Error(problems.join('\n'));
}

function hostPort(address: string): HostPort {
  const parsed = parseHostPort(address);
  assert(parsed !== undefined, `the address ${address} was checked with the configuration`);
  return parsed;
}

function die(logger: Logger, message: string): never {
  logger.fatal({}, message);
  process.stderr.write(`shortlink: ${message}\n`);
  process.exit(1);
}

async function stopSignal(): Promise<void> {
  await new Promise<void>((resolve) => {
    process.once('SIGTERM', () => resolve());
    process.once('SIGINT', () => resolve());
  });
}
