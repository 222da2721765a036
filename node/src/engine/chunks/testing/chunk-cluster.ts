// SPDX-License-Identifier: Apache-2.0
import { defined } from '@shortlink/common/assert.ts';
import { utf8 } from '@shortlink/common/bytes.ts';
import { MemoryChunkFiles } from '../../../../sim/memory-chunk-files.ts';
import { MemoryBucket } from '../../../../sim/object-store/memory-bucket.ts';
import type { ObjectFaults } from '../../../../sim/object-store/object-faults.ts';
import { SimObjectStore } from '../../../../sim/object-store/sim-object-store.ts';
import { zlibChunkCodec } from '../../../adapters/system/zlib-chunk-codec.ts';
import { chunkFormat } from '../../../core/lifecycle/testing/chunk-format.ts';
import type { MergePolicy } from '../../../core/lifecycle/merge-plan.ts';
import { decodeCommand } from '../../../core/statemachine/command-codec.ts';
import type { Command } from '../../../core/statemachine/commands.ts';
import type { Timers } from '../../../ports/clock.ts';
import { EngineChunkPeers } from '../../client/engine-chunk-peers.ts';
import type { Engine } from '../../engine.ts';
import type { EngineApi } from '../../engine-api.ts';
import type { EngineConfig } from '../../engine-config.ts';
import { decodeList } from '../../machines/shard-payload.ts';
import { changedEngine } from '../../../../sim/changed-engine.ts';
import { TestCluster } from '../../testing/test-cluster.ts';
import type { TestVolumes } from '../../testing/test-cluster.ts';
import type { ChunkEvent } from '../chunk-context.ts';
import type { CollectorSettings } from '../collector.ts';
import type { ChunkDriver } from '../chunk-driver.ts';
import { ChunkLibrary } from '../chunk-library.ts';
import type { ReadTier } from '../chunk-library.ts';
import { openChunkWork } from '../open-chunk-work.ts';
import type { ChunkWorkPorts } from '../open-chunk-work.ts';
import type { UpkeepJobs } from '../upkeep-jobs.ts';
import { ColdService } from '../cold-service.ts';

export interface ChunkNode {
  readonly engine: Engine;
  readonly driver: ChunkDriver;
  readonly upkeep: UpkeepJobs;
  readonly files: MemoryChunkFiles;
  readonly cold: ColdService;
  readonly events: ChunkEvent[];
  readonly failures: string[];
  readonly tiers: ReadTier[];
  isAway: boolean;
  mayWrite: boolean;
}

export interface ChunkClusterOptions extends TestVolumes {
  readonly nodes: number;
  readonly sealAfterBytes?: number | undefined;
  /** Without it nothing is merged. */
  readonly merges?: MergePolicy | undefined;
  readonly checkpointEveryMs?: number | undefined;
  /** Without it nothing is deleted. */
  readonly collector?: Partial<CollectorSettings> | undefined;
  /** Every proposal is made twice, and the first answer is lost. */
  readonly losesAnswers?: boolean | undefined;
  readonly faults?: ObjectFaults | undefined;
  readonly config?: Partial<EngineConfig> | undefined;
  /** What another cluster has left. */
  readonly bucket?: MemoryBucket | undefined;
}

const noMerges: MergePolicy = { maxCandidates: Number.MAX_SAFE_INTEGER, targetBytes: Number.MAX_SAFE_INTEGER };

const noCollection: CollectorSettings = {
  minAgeMs: Number.MAX_SAFE_INTEGER,
  orphanMinAgeMs: Number.MAX_SAFE_INTEGER,
};

/** Engines with their chunks over one bucket in memory, moved on by hand. */
export class ChunkCluster {
  readonly cluster: TestCluster;
  readonly bucket: MemoryBucket;
  readonly nodes: ChunkNode[] = [];
  /** What drivers propose of this kind does not get through. */
  isHeld: (command: Command) => boolean = () => false;
  readonly #options: ChunkClusterOptions;
  readonly #timers: { atMs: number; readonly run: () => void }[] = [];

  private constructor(options: ChunkClusterOptions) {
    this.#options = options;
    this.cluster = new TestCluster(options.nodes, options.config, options);
    this.bucket = options.bucket ?? new MemoryBucket();
  }

  static async start(options: ChunkClusterOptions): Promise<ChunkCluster> {
    const made = new ChunkCluster(options);
    const { cluster } = made;
    await cluster.until('formation', () => cluster.engines.every((engine) => engine.health().writable));
    for (const engine of cluster.engines) made.#add(engine);
    return made;
  }

  /** Starts one more node, which joins the cluster. */
  join(): ChunkNode {
    return this.#add(this.cluster.start(this.nodes.length));
  }

  /** Names of the objects in the bucket that contain `part`. */
  objects(part: string): string[] {
    const { objects } = this.bucket.list({ prefix: '', limit: 100_000 });
    return objects.map(({ name }) => name).filter((name) => name.includes(part));
  }

  /** Rounds of all drivers until `done`. */
  async until(what: string, done: () => boolean, rounds = 200): Promise<void> {
    for (let round = 0; round < rounds; round++) {
      if (done()) return;
      await this.round();
    }
    throw new Error(
      `did not happen in ${rounds} rounds: ${what}\n${JSON.stringify(this.nodes.map((n) => n.failures))}`,
    );
  }

  /** As `until`, while the drivers rest: only what runs already goes on. */
  async untilAtRest(what: string, done: () => boolean, ticks = 1000): Promise<void> {
    for (let tick = 0; tick < ticks; tick++) {
      if (done()) return;
      await this.#tick();
    }
    throw new Error(`did not happen in ${ticks} ticks: ${what}`);
  }

  async round(): Promise<void> {
    const rounds = this.nodes.filter((node) => !node.isAway).map((node) => ({ over: false, node }));
    for (const one of rounds) {
      void one.node.driver.round().then(
        () => (one.over = true),
        (error: unknown) => this.cluster.fatal.push(error),
      );
    }
    for (let tick = 0; tick < 100 && !rounds.every((one) => one.over); tick++) await this.#tick();
    await this.#tick();
    if (this.cluster.fatal[0] !== undefined) throw new Error('a node failed', { cause: this.cluster.fatal[0] });
  }

  /** Node `i` has an engine of a new process, on the same disk. */
  restarted(i: number): ChunkNode {
    const engine = defined(this.cluster.engines[i], 'engine');
    const node = this.#node(engine, this.#options, defined(this.nodes[i], 'node').files);
    this.cluster.coldTiersByNode.set(i, node.cold);
    this.nodes[i] = node;
    return node;
  }

  #add(engine: Engine): ChunkNode {
    const node = this.#node(engine, this.#options);
    this.cluster.coldTiersByNode.set(this.nodes.length, node.cold);
    this.nodes.push(node);
    return node;
  }

  /** Refuses what is held. */
  #unlessHeld(engine: EngineApi): EngineApi {
    return changedEngine(engine, {
      submit: (request, answer) => {
        const isHeld =
          request.kind === 'write' && decodeList(request.payload, decodeCommand).some((one) => this.isHeld(one));
        if (isHeld) answer('refused', utf8('held by the test'));
        else engine.submit(request, answer);
      },
    });
  }

  async #tick(): Promise<void> {
    await this.cluster.run(1);
    const due = this.#timers.filter(({ atMs }) => atMs <= this.cluster.nowMs);
    for (const timer of due) {
      this.#timers.splice(this.#timers.indexOf(timer), 1);
      timer.run();
    }
  }

  #node(engine: Engine, options: ChunkClusterOptions, files = new MemoryChunkFiles()): ChunkNode {
    const events: ChunkEvent[] = [];
    const failures: string[] = [];
    const tiers: ReadTier[] = [];
    const timers: Timers = {
      after: (delayMs, run) => {
        const timer = { atMs: this.cluster.nowMs + delayMs, run };
        this.#timers.push(timer);
        return () => void this.#timers.splice(this.#timers.indexOf(timer), this.#timers.includes(timer) ? 1 : 0);
      },
    };
    const { clock, random, store: reader } = engine.deps;
    const objects = new SimObjectStore({ bucket: this.bucket, clock, timers, faults: options.faults });
    this.cluster.copiesByNode.set(this.cluster.engines.indexOf(engine), files);
    const policy = {
      sealAfterBytes: options.sealAfterBytes ?? 1000,
      sealAfterMs: Number.MAX_SAFE_INTEGER,
      // Little enough is held back to learn from that outputs of merges end where they should.
      format: { ...chunkFormat, sampleBytes: 1000 },
    };
    const merges = { policy: options.merges ?? noMerges, retryAfterMs: 1000 };
    const onFatal = (error: unknown): void => void this.cluster.fatal.push(error);
    const library = new ChunkLibrary({
      files,
      peers: new EngineChunkPeers(engine),
      self: engine.nodeId,
      objects,
      codec: zlibChunkCodec,
      tailCacheBytes: 1 << 20,
      blockCacheBytes: 1 << 20,
      onRead: (tier) => void tiers.push(tier),
      onCorruptCopy: (name) => void files.remove(name),
    });
    const cold = new ColdService({ reader, library, timers, onMissing: (name) => failures.push(name), onFatal });
    const ports: ChunkWorkPorts = {
      self: engine.nodeId,
      engine: this.#unlessHeld(options.losesAnswers === true ? twice(engine) : engine),
      reader,
      objects,
      files,
      codec: zlibChunkCodec,
      mayWrite: () => node.mayWrite,
      clock,
      timers,
      random,
      observer: {
        count: (event) => void events.push(event),
        failed: (work, error) => void failures.push(`${work}: ${String(error)}`),
        done: () => {},
        checkpointAges: () => {},
        scrubbed: () => {},
        round: () => {},
      },
      onSuperseded: (message) => void failures.push(message),
      copied: (name) => library.trust(name),
      dropped: (name) => library.forget(name),
      breathe: async () => {},
      onFatal,
    };
    const { driver, upkeep } = openChunkWork(ports, {
      policy,
      merges,
      collector: { ...noCollection, ...options.collector },
      redundancy: 2,
      checkpointEveryMs: options.checkpointEveryMs ?? 1000,
      roundMs: 100,
      bytesPerSecond: Number.POSITIVE_INFINITY,
    });
    const node = { engine, driver, upkeep, files, cold, events, failures, tiers, isAway: false, mayWrite: true };
    return node;
  }
}

function twice(engine: EngineApi): EngineApi {
  return changedEngine(engine, {
    submit: (request, answer) =>
      engine.submit(request, request.kind === 'write' ? () => engine.submit(request, answer) : answer),
  });
}
