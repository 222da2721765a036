// SPDX-License-Identifier: Apache-2.0
import { RemoteColdTier } from '../engine/client/cold-channel.ts';
import { noColdTier } from '../ports/cold-tier.ts';
import { parentPort, workerData } from 'node:worker_threads';
import { assert } from '@shortlink/common/assert.ts';
import { attachReader } from '../adapters/rocksdb/rocks-kv-engine.ts';
import { newLogger } from '../adapters/system/logger.ts';
import { systemClock } from '../adapters/system/system-clock.ts';
import { SystemRandom } from '../adapters/system/system-random.ts';
import { systemTimers } from '../adapters/system/system-timers.ts';
import { formatHostPort, parseHostPort } from '@shortlink/common/host-port.ts';
import { LinkCache } from '../engine/client/link-cache.ts';
import { RemoteEngine } from '../engine/client/remote-engine.ts';
import { ShardsClient } from '../engine/client/shards-client.ts';
import { LinkVersions } from '../engine/link-versions.ts';
import { RedirectServer } from '../servers/redirect/redirect-server.ts';
import { newRedirectService } from '../services/redirect.ts';
import { watchEventLoop } from '../telemetry/event-loop.ts';
import { LocalMetrics } from '../telemetry/local-metrics.ts';
import type { RedirectOrder, RedirectReport, RedirectThreadData } from './messages.ts';
import { atOnce, portChannel } from './port-channel.ts';

// Composition root of a thread that serves redirects and does nothing else.

assert(parentPort !== null, 'redirects are served on a worker thread');
const main = parentPort;
const { config, shares, engine: enginePort, coldTier: coldPort } = workerData as RedirectThreadData;
const logger = newLogger({ level: config.log.level, node: config.node.name, thread: 'redirect' });
const reportIntervalMs = 1000;

function report(message: RedirectReport): void {
  main.postMessage(message);
}

function publishCache(cache: LinkCache, metrics: LocalMetrics): void {
  const { hits, misses, bytes } = cache.takeStats();
  metrics.add('shortlink_node_link_cache_lookups_total', hits, { result: 'hit' });
  metrics.add('shortlink_node_link_cache_lookups_total', misses, { result: 'miss' });
  metrics.set('shortlink_node_link_cache_bytes', bytes);
}

async function run(): Promise<void> {
  const metrics = new LocalMetrics();
  const { cacheBytes } = config.redirect;
  const linkCache = cacheBytes === 0 ? undefined : new LinkCache(new LinkVersions(shares.linkVersions), cacheBytes);
  const engine = new RemoteEngine(portChannel(enginePort), atOnce);
  const shards = new ShardsClient({
    engine,
    clock: systemClock,
    timers: systemTimers,
    random: new SystemRandom(),
    reader: attachReader(shares.handle),
    coldTier: coldPort === undefined ? noColdTier : new RemoteColdTier(portChannel(coldPort), atOnce),
    linkCache,
  });
  const server = new RedirectServer({
    resolver: newRedirectService(shards, { consistency: 'linearizable', timeoutMs: config.request.timeoutMs }),
    clock: systemClock,
    metrics,
    status: config.redirect.status,
    maxAgeSeconds: config.redirect.maxAgeSeconds,
    maxConnections: config.redirect.maxConnections,
    sharesAddress: config.redirect.threads > 1,
    onError: (error) => logger.error({ err: error }, 'a redirect could not be resolved'),
  });
  const address = parseHostPort(config.redirect.address);
  assert(address !== undefined, `redirect.address ${config.redirect.address} was checked before`);
  const bound = await server.listen(address);
  const loop = watchEventLoop('redirect', metrics);
  const reporter = setInterval(() => {
    loop.publish();
    if (linkCache !== undefined) publishCache(linkCache, metrics);
    report({ type: 'metrics', metrics: metrics.snapshot() });
  }, reportIntervalMs);
  report({ type: 'listening', address: formatHostPort(bound) });

  main.on('message', (order: RedirectOrder) => {
    if (order.type === 'drain') {
      void server.drain().then(() => report({ type: 'drained' }));
      return;
    }
    clearInterval(reporter);
    void server.close().then(() => {
      report({ type: 'metrics', metrics: metrics.snapshot() });
      enginePort.close();
      coldPort?.close();
      main.close();
    });
  });
}

run().catch((error: unknown) =>
  report({ type: 'fatal', message: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
);
