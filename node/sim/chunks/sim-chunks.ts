// SPDX-License-Identifier: Apache-2.0
import type { ChunkObserver } from '../../src/engine/chunks/chunk-context.ts';
import { ChunkLibrary } from '../../src/engine/chunks/chunk-library.ts';
import { ColdService } from '../../src/engine/chunks/cold-service.ts';
import { openChunkWork } from '../../src/engine/chunks/open-chunk-work.ts';
import type { ChunkWork, ChunkWorkPorts } from '../../src/engine/chunks/open-chunk-work.ts';
import type { FromEngine, ToEngine } from '../../src/engine/client/channel.ts';
import { RemoteColdTier, serveColdTier } from '../../src/engine/client/cold-channel.ts';
import type { FromColdTier, ToColdTier } from '../../src/engine/client/cold-channel.ts';
import { EngineChunkPeers } from '../../src/engine/client/engine-chunk-peers.ts';
import { serveEngine } from '../../src/engine/client/engine-server.ts';
import { RemoteEngine } from '../../src/engine/client/remote-engine.ts';
import type { EngineApi } from '../../src/engine/engine-api.ts';
import { usualRetryPolicy } from '../../src/engine/object-store/retrier.ts';
import { RetryingObjectStore } from '../../src/engine/object-store/retrying-object-store.ts';
import type { ChunkFiles } from '../../src/ports/chunk-files.ts';
import type { Timers } from '../../src/ports/clock.ts';
import type { ColdTier } from '../../src/ports/cold-tier.ts';
import type { ObjectStore } from '../../src/ports/object-store.ts';
import { SimObjectStore } from '../object-store/sim-object-store.ts';
import { SimClock, SimTimers } from '../sim-clock.ts';
import type { SimProcess } from '../sim-process.ts';
import type { SimRandom } from '../sim-random.ts';
import { connectThreads, soonOf } from '../threads.ts';
import type { World } from '../world.ts';
import type { ChunkWorld } from './chunk-world.ts';
import { simCodec } from './sim-codec.ts';

/** Between two pieces of work: whatever else is due happens in between, a crash too. */
const breathMs = 3;

/** What one thread tells the other of the copies on the disk. */
interface CopyNotice {
  readonly type: 'copied' | 'dropped' | 'corrupt';
  readonly name: string;
}

/** The two threads that production has for chunks, with the same parts over the fake world: one works, one reads. */
export class SimChunks {
  readonly #world: World;
  readonly #process: SimProcess;
  readonly #shared: ChunkWorld;
  readonly #random: SimRandom;
  readonly #soon: (run: () => void) => void;
  readonly #work: ChunkWork;
  readonly #cold: ColdService;

  constructor(world: World, process: SimProcess, files: ChunkFiles, shared: ChunkWorld) {
    this.#world = world;
    this.#process = process;
    this.#shared = shared;
    this.#random = process.random.split('chunks');
    this.#soon = soonOf(world, process);
    const [working, reading] = connectThreads<CopyNotice, CopyNotice>(world, process);
    const ports: ChunkWorkPorts = {
      ...this.#ports(files),
      copied: (name) => working.post([{ type: 'copied', name }]),
      dropped: (name) => working.post([{ type: 'dropped', name }]),
    };
    const altered = shared.alterPorts(ports, process);
    const work = openChunkWork(altered, shared.settings);
    working.onBatch((corrupt) => {
      for (const { name } of corrupt) void work.context.dropCopy(name).catch((error: unknown) => process.failed(error));
    });
    const library = this.#library(altered.files, (name) => reading.post([{ type: 'corrupt', name }]));
    reading.onBatch((notices) => {
      for (const { type, name } of notices) {
        if (type === 'copied') library.trust(name);
        else library.forget(name);
      }
    });
    const { timers } = process;
    const reader = shared.coldReader(process.store);
    const onMissing = (message: string): void => this.#note(message);
    this.#cold = new ColdService({ reader, library, timers, onMissing, onFatal: altered.onFatal });
    this.#work = work;
    work.driver.start();
  }

  /** The chunks as another thread of the process asks for them. */
  connect(): ColdTier {
    const [near, far] = connectThreads<ToColdTier, FromColdTier>(this.#world, this.#process);
    serveColdTier(this.#cold, far, this.#soon);
    return new RemoteColdTier(near, this.#soon);
  }

  stop(): void {
    this.#work.driver.stop();
  }

  #ports(files: ChunkFiles): Omit<ChunkWorkPorts, 'copied' | 'dropped'> {
    const { clock, store, engine } = this.#process;
    const breaths = this.#random.split('breaths');
    const timers = this.#workTimers();
    return {
      self: engine.nodeId,
      engine: this.#engine(),
      reader: store,
      objects: this.#objects('work', timers),
      files,
      codec: simCodec,
      mayWrite: () => true,
      clock,
      timers,
      random: this.#random,
      observer: this.#observer(),
      onSuperseded: (message) => this.#note(message),
      breathe: async () =>
        new Promise((resolve) => {
          timers.after(breaths.int(breathMs), resolve);
        }),
      onFatal: (error) => this.#process.failed(error),
    };
  }

  #library(files: ChunkFiles, onCorruptCopy: (name: string) => void): ChunkLibrary {
    return new ChunkLibrary({
      files,
      peers: new EngineChunkPeers(this.#engine()),
      self: this.#process.engine.nodeId,
      objects: this.#objects('reads', this.#process.timers),
      codec: simCodec,
      ...this.#shared.caches,
      onRead: (tier, bytes) => this.#note(`reads ${bytes} bytes, ${tier}`),
      onCorruptCopy: (name) => {
        this.#note(`${name} is corrupt`);
        onCorruptCopy(name);
      },
    });
  }

  /** Each time that work goes on is a moment in which the process may die. */
  #workTimers(): Timers {
    const { timers } = this.#process;
    return {
      after: (delayMs, run) =>
        timers.after(delayMs, () => {
          if (this.#process.stepInChunkWork()) run();
        }),
    };
  }

  /** As from another thread. */
  #engine(): EngineApi {
    const [near, far] = connectThreads<ToEngine, FromEngine>(this.#world, this.#process);
    serveEngine(this.#process.engine, far, this.#soon);
    return new RemoteEngine(near, this.#soon);
  }

  #objects(purpose: string, timers: Timers): ObjectStore {
    const { bucket, faults } = this.#shared;
    const { clock } = this.#process;
    const wire = new SimTimers(this.#world, undefined);
    const way = new SimObjectStore({ bucket, faults, timers, wire, clock: new SimClock(this.#world, 0) });
    const sha256 = (bytes: Uint8Array): Uint8Array => simCodec.sha256Of(bytes);
    const deps = { clock, timers, random: this.#random.split(purpose), sha256 };
    return new RetryingObjectStore(this.#shared.objectStore(way), deps, usualRetryPolicy);
  }

  #observer(): ChunkObserver {
    return {
      count: (event) => {
        this.#shared.onEvent(event);
        this.#note(event);
      },
      failed: (work, error) => this.#note(`${work}: ${error instanceof Error ? error.message : String(error)}`),
      done: () => {},
      checkpointAges: () => {},
      scrubbed: () => {},
      round: () => {},
    };
  }

  #note(what: string): void {
    this.#world.note('chunks', `${this.#process.name} ${what}`);
  }
}
