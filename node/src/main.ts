// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { assert } from '@shortlink/common/assert.ts';
import type { Logger } from 'pino';
import { dataDirPaths, prepareDataDir, removePidFile, writePidFile } from './adapters/system/data-dir.ts';
import { newLogger } from './adapters/system/logger.ts';
import { parseHostPort } from './config/addresses.ts';
import type { HostPort } from './config/addresses.ts';
import type { Config } from './config/options.ts';
import { newAuthenticator, parseTokens } from './servers/auth.ts';
import type { Authenticator } from './servers/auth.ts';
import { ApiServer } from './servers/http/api-server.ts';
import { exposureProblem } from './servers/listen.ts';
import { EngineWorker } from './threads/engine-worker.ts';
import { RedirectWorker } from './threads/redirect-worker.ts';
import { newServices } from './threads/services.ts';
import { LocalMetrics } from './telemetry/local-metrics.ts';
import { MetricsHub } from './telemetry/metrics-hub.ts';

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
  const { nodeId, handle } = await engine.started();
  const paths = dataDirPaths(config.data.dir);
  writePidFile(paths, process.pid);

  const services = newServices(config, handle, engine.connect());
  const timeoutMs = config.request.timeoutMs;
  const api = new ApiServer({ ...services, authenticator, metrics, timeoutMs, onError });
  const redirects = Array.from({ length: config.redirect.threads }, (_, i) => {
    const events = { onFatal, onMetrics: (snapshot: Parameters<MetricsHub['update']>[1]) => hub.update(`redirect-${i}`, snapshot) };
    return new RedirectWorker({ config, handle, engine: engine.connect() }, events);
  });
  await api.listen(hostPort(config.api.address));
  await Promise.all(redirects.map(async (redirect) => redirect.listening()));
  logger.info({ nodeId }, 'node started');

  await stop;
  logger.info({}, 'node stopping');
  setTimeout(() => die(logger, 'the node did not stop in time'), config.shutdown.timeoutMs).unref();
  await sleep(config.shutdown.lameDuckMs);
  await engine.drain(1000);
  await Promise.all([api.drain(), ...redirects.map(async (redirect) => redirect.drain())]);
  await Promise.all([api.close(), ...redirects.map(async (redirect) => redirect.stop())]);
  removePidFile(paths, process.pid);
  await engine.stop();
  logger.info({}, 'node stopped');
}

function readTokens(config: Config): Authenticator {
  const { tokensFile } = config.auth;
  return newAuthenticator(tokensFile === '' ? undefined : parseTokens(readFileSync(tokensFile, 'utf8')));
}

/** @throws when an API without tokens would be reachable from elsewhere. */
function checkExposure(config: Config, authenticator: Authenticator): void {
  const problems = (['api', 'grpc'] as const)
    .map((listener) => exposureProblem({ listener, address: hostPort(config[listener].address) }, authenticator.isConfigured))
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
