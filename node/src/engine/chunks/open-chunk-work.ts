// SPDX-License-Identifier: Apache-2.0
import type { NodeId } from '@shortlink/common/ids.ts';
import type { ChunkCodec } from '../../core/chunk/chunk-codec.ts';
import type { ChunkFiles } from '../../ports/chunk-files.ts';
import type { Clock, Timers } from '../../ports/clock.ts';
import type { KvReader } from '../../ports/kv-engine.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import { noColdTier } from '../../ports/cold-tier.ts';
import type { Random } from '../../ports/random.ts';
import { Supersession } from '../archive/supersession.ts';
import { EngineChunkPeers } from '../client/engine-chunk-peers.ts';
import { ShardsClient } from '../client/shards-client.ts';
import type { EngineApi } from '../engine-api.ts';
import { BytePacer } from './byte-pacer.ts';
import type { ChunkContext, ChunkObserver } from './chunk-context.ts';
import { ChunkDriver } from './chunk-driver.ts';
import type { ChunkDriverSettings } from './chunk-driver.ts';
import { UpkeepJobs } from './upkeep-jobs.ts';

/** The world around the work on the chunks of a node. */
export interface ChunkWorkPorts {
  readonly self: NodeId;
  readonly engine: EngineApi;
  readonly reader: KvReader;
  readonly objects: ObjectStore;
  readonly files: ChunkFiles;
  readonly codec: ChunkCodec;
  /** Whether the object store was found to keep its promises. */
  readonly mayWrite: () => boolean;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly observer: ChunkObserver;
  /** Another cluster was made from this one's objects. */
  readonly onSuperseded: (message: string) => void;
  /** Whoever reads copies is told when one has come, checked, or gone. */
  readonly copied: (name: string) => void;
  readonly dropped: (name: string) => void;
  /** Lets others run. */
  readonly breathe: () => Promise<void>;
  readonly onFatal: (error: unknown) => void;
}

export interface ChunkWorkSettings extends ChunkDriverSettings {
  /** What merges and copies may move. */
  readonly bytesPerSecond: number;
}

/** What makes, moves and deletes the chunks of a node. */
export interface ChunkWork {
  readonly context: ChunkContext;
  readonly driver: ChunkDriver;
  readonly upkeep: UpkeepJobs;
}

/** Puts the work on chunks together; nothing of it runs before `driver.start`. */
export function openChunkWork(ports: ChunkWorkPorts, settings: ChunkWorkSettings): ChunkWork {
  const { engine, reader, objects, files, codec, clock, timers, random, observer, dropped } = ports;
  const pacer = new BytePacer(settings.bytesPerSecond, clock, timers);
  const context: ChunkContext = {
    ...ports,
    // It reads lifecycles only, which are hot.
    shards: new ShardsClient({ engine, clock, timers, random, reader, coldTier: noColdTier }),
    peers: new EngineChunkPeers(engine),
    supersession: new Supersession(objects, (bytes) => codec.sha256Of(bytes), ports.onSuperseded),
    pace: async (bytes) => pacer.take(bytes),
    dropCopy: async (name) => {
      await files.remove(name);
      dropped(name);
      observer.count('dropped');
    },
  };
  const driver = new ChunkDriver(context, settings);
  return { context, driver, upkeep: new UpkeepJobs(context, driver.collector) };
}
