// SPDX-License-Identifier: Apache-2.0
import { RemoteColdTier } from '../engine/client/cold-channel.ts';
import { noColdTier } from '../ports/cold-tier.ts';
import { createHash } from 'node:crypto';
import type { MessagePort } from 'node:worker_threads';
import { attachReader } from '../adapters/rocksdb/rocks-kv-engine.ts';
import type { RocksHandle } from '../adapters/rocksdb/rocks-kv-engine.ts';
import { systemClock } from '../adapters/system/system-clock.ts';
import { SystemRandom } from '../adapters/system/system-random.ts';
import { systemTimers } from '../adapters/system/system-timers.ts';
import type { Config } from '../config/options.ts';
import { RemoteEngine } from '../engine/client/remote-engine.ts';
import { RemoteUpkeep } from '../engine/client/upkeep-channel.ts';
import { ShardsClient } from '../engine/client/shards-client.ts';
import { newAdminService } from '../services/admin.ts';
import type { AdminService } from '../services/admin.ts';
import { newChunkService } from '../services/chunks.ts';
import type { ChunkService } from '../services/chunks.ts';
import { ownHostSet } from '../services/destination.ts';
import { newKvService } from '../services/kv.ts';
import type { KvService } from '../services/kv.ts';
import { newLinksService } from '../services/links.ts';
import type { LinksService } from '../services/links.ts';
import { newUpkeepService } from '../services/upkeep.ts';
import type { UpkeepService } from '../services/upkeep.ts';
import { portChannel, soon } from './port-channel.ts';

export interface Services {
  readonly links: LinksService;
  readonly kv: KvService;
  readonly admin: AdminService;
  readonly chunks: ChunkService;
  readonly upkeep: UpkeepService;
}

/** Pipes to the other threads. */
export interface ServicePorts {
  readonly engine: MessagePort;
  /** Undefined without an object store. */
  readonly coldTier: MessagePort | undefined;
  readonly upkeep: MessagePort | undefined;
}

/** The services of one thread. */
export function newServices(config: Config, handle: RocksHandle, ports: ServicePorts): Services {
  const engine = new RemoteEngine(portChannel(ports.engine), soon);
  const random = new SystemRandom();
  const shards = new ShardsClient({
    engine,
    clock: systemClock,
    timers: systemTimers,
    random,
    reader: attachReader(handle),
    coldTier: ports.coldTier === undefined ? noColdTier : new RemoteColdTier(portChannel(ports.coldTier), soon),
  });
  const ownHosts = new Set(ownHostSet(config.links.ownHosts));
  // No link may lead back here, whatever node it would come in by.
  engine.onMap((map) => {
    for (const host of ownHostSet(map.nodes.flatMap((node) => [node.addresses.redirect, node.addresses.api])))
      ownHosts.add(host);
  });
  const dependencies = {
    shards,
    clock: systemClock,
    random,
    sha256: (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest(),
  };
  const destinations = { schemes: new Set(config.links.schemes), ownHosts };
  return {
    links: newLinksService(dependencies, { destinations, codeLength: config.links.codeLength }),
    kv: newKvService(dependencies),
    admin: newAdminService(shards),
    upkeep: newUpkeepService(
      ports.upkeep === undefined ? undefined : new RemoteUpkeep(portChannel(ports.upkeep), soon),
    ),
    chunks: newChunkService(shards, { hasObjectStore: config.objectStore.url !== '' }),
  };
}
