// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { dataDirPaths, prepareDataDir, removePidFile, writePidFile } from './adapters/system/data-dir.ts';
import { newLogger } from './adapters/system/logger.ts';
import type { Config } from './config/options.ts';
import { EngineWorker } from './threads/engine-worker.ts';
import { RedirectWorker } from './threads/redirect-worker.ts';
import { LocalMetrics } from './telemetry/local-metrics.ts';
import { MetricsHub } from './telemetry/metrics-hub.ts';

/** Runs one storage node until a signal ends it; the only way out besides is a fatal error, with exit code 1. */
export async function runNode(config: Config): Promise<void> {
  const logger = newLogger({ level: config.log.level, node: config.node.name, thread: 'main' });
  const paths = prepareDataDir(config.data.dir);
  const metrics = new LocalMetrics();
  const hub = new MetricsHub(metrics);
  const onFatal = (message: string): void => die(logger, message);
  const engine = new EngineWorker(config, { onFatal, onMetrics: (snapshot) => hub.update('engine', snapshot) });
  const { nodeId, handle } = await engine.started();
  writePidFile(paths, process.pid);
  const redirects = Array.from({ length: config.redirect.threads }, (_, i) => new RedirectWorker(
    { config, handle, engine: engine.connect() },
    { onFatal, onMetrics: (snapshot) => hub.update(`redirect-${i}`, snapshot) },
  ));
  const addresses = await Promise.all(redirects.map(async (redirect) => redirect.listening()));
  logger.info({ nodeId, redirect: addresses[0] }, 'node started');
  await stopSignal();
  logger.info({}, 'node stopping');
  await sleep(config.shutdown.lameDuckMs);
  await engine.drain(1000);
  await Promise.all(redirects.map(async (redirect) => redirect.stop()));
  removePidFile(dataDirPaths(config.data.dir), process.pid);
  await engine.stop();
  logger.info({}, 'node stopped');
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
