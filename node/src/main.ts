// SPDX-License-Identifier: Apache-2.0
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
import { Fence, waitWhileFenced } from './fence.ts';
import { openClientAccess, type ClientAccess } from './client-access.ts';
import type { Authenticator } from './servers/auth.ts';
import { ApiServer } from './servers/http/api-server.ts';
import { GrpcServer } from './servers/grpc/grpc-server.ts';
import { exposureProblem, ListenError } from './servers/listen.ts';
import { OpsServer, type Readiness } from './servers/ops-server.ts';
import { ChunkThreads } from './threads/chunk-threads.ts';
import { EngineWorker } from './threads/engine-worker.ts';
import type { EngineShares } from './threads/messages.ts';
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
  const metrics = new LocalMetrics();
  const hub = new MetricsHub(metrics);
  const fence = new Fence(config.node.fenceFile, logger);
  const signal = stopSignal();
  try {
    if (!(await waitWhileFenced({ fence, ops: hostPort(config.ops.address), metrics: hub, logger, stop: signal })))
      return;
    const fenced = fence
      .until(true)
      .then(() => logger.warn({}, 'the node is fenced: it ends, and waits when it starts again'));
    await runUnfenced(config, { logger, metrics, hub, signal, fenced });
  } catch (error) {
    if (error instanceof ListenError) die(logger, error.message);
    throw error;
  }
  fence.stop();
}

interface NodeSurroundings {
  readonly logger: Logger;
  readonly metrics: LocalMetrics;
  readonly hub: MetricsHub;
  /** Resolves when the process is told to end. */
  readonly signal: Promise<void>;
  /** Resolves when somebody wants it not to run. */
  readonly fenced: Promise<void>;
}

async function runUnfenced(config: Config, { logger, metrics, hub, signal, fenced }: NodeSurroundings): Promise<void> {
  const stop = Promise.race([signal, fenced]);
  const open: { engine?: true; chunks?: ChunkThreads | undefined; serving?: Serving } = {};
  const access = openClientAccess(config, logger, (certificate) => {
    open.serving?.api.useCertificate(certificate);
    open.serving?.grpc.useCertificate(certificate);
  });
  checkExposure(config, access.authenticator);
  prepareDataDir(config.data.dir);
  const onFatal = (message: string): void => die(logger, message);
  const onError = (error: unknown): void => logger.error({ err: error }, 'a request failed by a defect');
  const engine = new EngineWorker(config, { onFatal, onMetrics: (snapshot) => hub.update('engine', snapshot) });
  // Whoever asks before the chunks are open learns what the engine says.
  const readiness = (): Readiness => ({ ...engine.health, notice: open.chunks?.notice });
  const ops = new OpsServer({
    readiness,
    isStarted: () => open.engine === true,
    isLive: () => engine.isLive(),
    metrics: hub,
    onError,
  });
  await ops.listen(hostPort(config.ops.address));
  const started = await Promise.race([engine.started(), stop]);
  if (started === undefined) {
    logger.info({}, 'node stopped before it had started');
    // A store that is being opened is as safe as one whose power fails.
    process.exit(0);
  }
  const { nodeId, shares } = started;
  open.engine = true;
  const paths = dataDirPaths(config.data.dir);
  writePidFile(paths, process.pid);

  const chunks = await startChunks(config, { handle: shares.handle, nodeId, engine, hub, onFatal });
  open.chunks = chunks;
  const serving = newServing(config, { access, engine, shares, chunks, metrics, hub, onFatal, onError });
  open.serving = serving;
  const { api, grpc, redirects } = serving;
  await api.listen(hostPort(config.api.address));
  await grpc.listen(hostPort(config.grpc.address));
  await Promise.all(redirects.map(async (redirect) => redirect.listening()));
  const loop = watchEventLoop('main', metrics);
  const publisher = setInterval(() => loop.publish(), 1000);
  ops.open();
  metrics.set('shortlink_node_info', 1);
  logger.info({ nodeId }, 'node started');

  await stop;
  // Nobody is told but by probes that fail: it is served until load balancers have heard of them. After a signal they know already.
  await ops.drain();
  await Promise.race([
    signal,
    fenced.then(async () => sleep(config.cluster.removalNoticeMs, undefined, { ref: false })),
  ]);
  logger.info({}, 'node stopping');
  setTimeout(() => die(logger, 'the node did not stop in time'), config.shutdown.timeoutMs).unref();
  await stopServing(config, { ops, engine, ...serving });
  clearInterval(publisher);
  loop.stop();
  access.stop();
  await chunks?.stop();
  removePidFile(paths, process.pid);
  await engine.stop();
  logger.info({}, 'node stopped');
}

/** The listeners of clients. */
interface Serving {
  readonly api: ApiServer;
  readonly grpc: GrpcServer;
  readonly redirects: readonly RedirectWorker[];
}

interface ServingSurroundings {
  readonly access: ClientAccess;
  readonly engine: EngineWorker;
  readonly shares: EngineShares;
  readonly chunks: ChunkThreads | undefined;
  readonly metrics: LocalMetrics;
  readonly hub: MetricsHub;
  readonly onFatal: (message: string) => void;
  readonly onError: (error: unknown) => void;
}

function newServing(config: Config, around: ServingSurroundings): Serving {
  const { access, engine, shares, chunks, metrics, hub, onFatal, onError } = around;
  const services = newServices(config, shares.handle, {
    engine: engine.connect(),
    coldTier: chunks?.connect(),
    upkeep: chunks?.connectUpkeep(),
  });
  const common = {
    ...services,
    authenticator: access.authenticator,
    metrics,
    timeoutMs: config.request.timeoutMs,
    onError,
    // A client's certificate replaces its token; who has none may send one.
    tls: access.tls === undefined ? undefined : { ...access.tls.value, requestCert: true, rejectUnauthorized: false },
  };
  const redirects = Array.from({ length: config.redirect.threads }, (_, i) => {
    const events = {
      onFatal,
      onMetrics: (snapshot: Parameters<MetricsHub['update']>[1]) => hub.update(`redirect-${i}`, snapshot),
    };
    return new RedirectWorker({ config, shares, engine: engine.connect(), coldTier: chunks?.connect() }, events);
  });
  const isReady = (): boolean => engine.health.ready;
  return { api: new ApiServer(common), grpc: new GrpcServer({ ...common, clock: systemClock, isReady }), redirects };
}

/** Load balancers look elsewhere, other nodes lead, and what was asked is answered. */
async function stopServing(
  config: Config,
  { ops, api, grpc, redirects, engine }: Serving & { readonly ops: OpsServer; readonly engine: EngineWorker },
): Promise<void> {
  await sleep(config.shutdown.lameDuckMs);
  await engine.drain(handOverMs);
  await within(closeConnectionsMs, [api.drain(), grpc.drain(), ...redirects.map(async (redirect) => redirect.drain())]);
  await Promise.all([api.close(), grpc.close(), ops.close(), ...redirects.map(async (redirect) => redirect.stop())]);
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
