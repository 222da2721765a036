// SPDX-License-Identifier: Apache-2.0
import { noCopies } from '../src/ports/chunk-peers.ts';
import { noColdTier } from '../src/ports/cold-tier.ts';
import type { ColdTier } from '../src/ports/cold-tier.ts';
import type { NodeId } from '@shortlink/common/ids.ts';
import { Engine } from '../src/engine/engine.ts';
import type { EngineConfig } from '../src/engine/engine-config.ts';
import { silentObserver } from '../src/engine/engine-observer.ts';
import { LinkVersions } from '../src/engine/link-versions.ts';
import type { Turn } from '../src/engine/host/turn.ts';
import { StoreFailedError } from '../src/ports/kv-engine.ts';
import type { PeerHandler } from '../src/ports/peers.ts';
import { FakeDisk } from './disk.ts';
import type { FakePlatter } from './disk.ts';
import type { ChunkWorld } from './chunks/chunk-world.ts';
import { SimChunks } from './chunks/sim-chunks.ts';
import type { MemoryChunkFiles } from './memory-chunk-files.ts';
import type { Endpoint, Network } from './network.ts';
import type { SimClock } from './sim-clock.ts';
import { SimPeers } from './sim-peers.ts';
import type { SimRandom } from './sim-random.ts';
import { SimStore } from './sim-store.ts';
import { SimTimers } from './sim-clock.ts';
import type { World } from './world.ts';

/** What the surroundings of a process do with it; mutants and checkers come in here. */
export interface ProcessHooks {
  /** Length of a tick. */
  readonly tickMs: number;
  /** The turn that the process runs. */
  readonly turnFor: (process: SimProcess) => Turn;
  readonly honoursSync: boolean;
  /** What the engine raises versions in, instead of what its serving threads look at. */
  readonly linkVersionsFor?: (() => LinkVersions) | undefined;
  /** The chunks as they are asked for, instead of what they are. */
  readonly coldTier: (tier: ColdTier, process: SimProcess) => ColdTier;
  /** Undefined: the cluster has no object store. */
  readonly chunks?: ChunkWorld | undefined;
  /** The engine wants its process to end and it was not us who made it so. */
  readonly onDefect: (process: SimProcess, error: unknown) => void;
  readonly onStarted: (process: SimProcess) => void;
}

export interface ProcessOptions {
  readonly world: World;
  readonly network: Network;
  readonly config: EngineConfig;
  readonly hooks: ProcessHooks;
  readonly name: string;
  readonly clock: SimClock;
  readonly platter: FakePlatter;
  readonly copies: MemoryChunkFiles;
  readonly random: SimRandom;
}

/** Thrown into the middle of a turn: the process has just died. */
export class CrashSignal extends Error {
  override readonly name = 'CrashSignal';
}

/** When the process dies by itself: at a write from now on, before or after it. */
interface CrashPlan {
  writesLeft: number;
  readonly place: 'before' | 'after';
  /** Only writes that must be durable when they return count. */
  readonly sync: boolean;
}

/** One run of the production engine, from its start to its death. */
export class SimProcess implements Endpoint {
  readonly name: string;
  readonly address: string;
  readonly engine: Engine;
  readonly timers: SimTimers;
  readonly store: SimStore;
  readonly clock: SimClock;
  readonly random: SimRandom;
  readonly linkVersions = new LinkVersions();
  /** Settles when the process dies: clients see their connections break. */
  readonly death: Promise<void>;
  pausedUntilUs = 0;
  readonly #options: ProcessOptions;
  readonly #disk: FakeDisk;
  #isAlive = true;
  #isDiskBroken = false;
  #crashPlan: CrashPlan | undefined;
  #chunkStepsLeft: number | undefined;
  #died: () => void;
  readonly #chunks: SimChunks | undefined;

  constructor(options: ProcessOptions) {
    const { world, network, config, hooks, clock, random } = options;
    this.#options = options;
    this.name = options.name;
    this.address = config.addresses.peer;
    this.clock = clock;
    this.random = random;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.death = promise;
    this.#died = resolve;
    this.timers = new SimTimers(world, this);
    this.#disk = new FakeDisk(options.platter);
    this.store = new SimStore(this.#disk, {
      beforeWrite: (sync) => {
        this.#meetCrashPlan('before', sync);
        if (this.#isDiskBroken) this.#disk.failNextWrite();
      },
      afterWrite: (sync) => {
        if (sync) world.note('sync', this.name);
        this.#meetCrashPlan('after', sync);
      },
      honoursSync: hooks.honoursSync,
    });
    let coldTier: ColdTier = noColdTier;
    this.engine = new Engine(config, {
      // The chunks are opened after the engine, as in production.
      coldTier: { query: async (query, timeoutMs) => coldTier.query(query, timeoutMs) },
      copies: hooks.chunks === undefined ? noCopies : options.copies,
      store: this.store,
      peers: new SimPeers(network, () => this),
      clock,
      timers: this.timers,
      random: random.split('engine'),
      linkVersions: hooks.linkVersionsFor?.() ?? this.linkVersions,
      observer: { ...silentObserver, log: (level, message, fields) => this.#log(level, message, fields) },
      soon: (run) => world.after(random.int(100), run, this),
      onFatal: (error) => this.failed(error),
      turn: hooks.turnFor(this),
    });
    this.#chunks = hooks.chunks && new SimChunks(world, this, options.copies, hooks.chunks);
    coldTier = this.connectColdTier();
    network.attach(this);
    hooks.onStarted(this);
    this.#tickLater(random.int(hooks.tickMs * 1000));
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  get nodeId(): NodeId {
    return this.engine.nodeId;
  }

  get handler(): PeerHandler {
    return this.engine;
  }

  /** The chunks as a thread of the process asks for them. */
  connectColdTier(): ColdTier {
    const { coldTier } = this.#options.hooks;
    return this.#chunks === undefined ? noColdTier : coldTier(this.#chunks.connect(), this);
  }

  /** The machine stands still: nothing runs, and everything that came meanwhile runs afterwards. */
  pause(durationUs: number): void {
    this.pausedUntilUs = this.#options.world.nowUs + durationUs;
    this.#options.world.note('pause', `${this.name} ${durationUs}`);
  }

  /** Dies at one of its next writes, in the middle of whatever it does then. */
  crashAtWrite(writes: number, plan: Omit<CrashPlan, 'writesLeft'>): void {
    this.#crashPlan = { writesLeft: writes, ...plan };
  }

  /** Dies after so many more steps of its work on chunks, in the middle of whatever it makes then. */
  crashInChunkWork(steps: number): void {
    this.#chunkStepsLeft = steps;
  }

  /** Work on chunks goes on. @returns false when the process has just died instead. */
  stepInChunkWork(): boolean {
    if (this.#chunkStepsLeft !== undefined && this.#chunkStepsLeft-- === 0) this.crash('in work on chunks');
    return this.#isAlive;
  }

  /** The disk fails at the next write. The process must end: what is on disk is unknown. */
  failNextWrite(): void {
    this.#isDiskBroken = true;
  }

  /** Nothing that was planned for its next writes happens. */
  disarm(): void {
    this.#crashPlan = undefined;
    this.#chunkStepsLeft = undefined;
    this.#isDiskBroken = false;
  }

  crash(why: string): void {
    if (!this.#isAlive) return;
    this.#isAlive = false;
    this.#options.world.note('crash', `${this.name} ${why}`);
    this.#disk.crash(this.random);
    this.#options.network.detach(this);
    this.#died();
  }

  /** Hands leaderships over and closes the store, as a process does that is asked to end. */
  async shutDown(): Promise<void> {
    this.#options.world.note('shut down', this.name);
    this.#chunks?.stop();
    await this.engine.drain(20);
    await this.engine.stop();
    await this.store.close();
    this.crash('shut down');
  }

  failed(error: unknown): void {
    if (!this.#isAlive) return;
    if (this.#isDiskBroken && error instanceof StoreFailedError) return this.crash('disk failed');
    this.crash('defect');
    this.#options.hooks.onDefect(this, error);
  }

  #meetCrashPlan(place: CrashPlan['place'], sync: boolean): void {
    const plan = this.#crashPlan;
    if (plan?.place !== place || plan.sync !== sync || plan.writesLeft-- > 0) return;
    this.crash(`${place} a write`);
    throw new CrashSignal(`${this.name} dies ${place} a write`);
  }

  #tickLater(delayUs: number): void {
    const { world, hooks } = this.#options;
    const tick = (): void => {
      // Timers are never early, and a little late.
      world.after(hooks.tickMs * 1000 + this.random.int(1_000), tick, this);
      this.engine.tick();
    };
    world.after(delayUs, tick, this);
  }

  #log(level: string, message: string, fields: Readonly<Record<string, unknown>> | undefined): void {
    this.#options.world.note(
      'log',
      `${this.name} ${level} ${message}${fields === undefined ? '' : ` ${JSON.stringify(fields)}`}`,
    );
  }
}
