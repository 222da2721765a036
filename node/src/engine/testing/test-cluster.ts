// SPDX-License-Identifier: Apache-2.0
import type { ChunkCopies } from '../../ports/chunk-peers.ts';
import type { CancelTimer } from '../../ports/clock.ts';
import { noColdTier } from '../../ports/cold-tier.ts';
import type { ColdTier } from '../../ports/cold-tier.ts';
import { FakeDisk, FakePlatter } from '../../../sim/disk.ts';
import { SimStore } from '../../../sim/sim-store.ts';
import type { Random } from '../../ports/random.ts';
import { Engine } from '../engine.ts';
import type { EngineConfig } from '../engine-config.ts';
import { LinkVersions } from '../link-versions.ts';
import { silentObserver } from '../engine-observer.ts';
import { DirectNetwork } from './direct-peers.ts';
import { steppedHandler, steppedPeers } from './stepped-peers.ts';

/** Small numbers: a test should not need many entries to see a compaction. */
export const testConfig: Omit<EngineConfig, 'name' | 'addresses' | 'initialNodes'> = {
  zone: '',
  weight: 100,
  joinAddresses: [],
  initialShards: 1,
  shardReplicas: 3,
  reuseDeadCodes: false,
  idempotencyWindowMs: 60_000,
  clockMaxJumpMs: 10_000,
  raft: {
    electionTicks: 10,
    heartbeatTicks: 1,
    maxSizePerMsgBytes: 64 * 1024,
    maxCommittedSizePerReadyBytes: 1024 * 1024,
    maxUncommittedEntriesSizeBytes: 1024 * 1024,
    maxInflightMsgs: 64,
    maxInflightBytes: 1024 * 1024,
  },
  ring: { suspectAfterMs: 5_000, downAfterMs: 15_000, outAfterMs: 600_000, brakePercent: 34 },
  maxHotBytes: undefined,
  drainUploadMs: 0,
  removalNoticeMs: 0,
  compactEntries: 50,
  compactBytes: 1024 * 1024,
  tickMs: 100,
  stateHashIntervalEntries: 64,
  slowTicks: 5,
  collectTicks: 10,
};

const { tickMs } = testConfig;
/** As long as anything waits for company. */
const shortMs = 5;

export interface TestVolumes {
  /** What the nodes find on their disks; empty ones where there are none. */
  readonly platters?: readonly FakePlatter[] | undefined;
  /** Clusters of different seeds have different ids. */
  readonly seed?: number | undefined;
  /** Called after each step of node `i` that others, or its next start, may see: the moments in which it may crash. */
  readonly onStep?: ((i: number, cluster: TestCluster) => void) | undefined;
}

/** Some engines on fake disks in one process, moved on by hand. */
export class TestCluster {
  readonly network = new DirectNetwork();
  readonly engines: Engine[] = [];
  readonly platters: FakePlatter[] = [];
  readonly fatal: unknown[] = [];
  readonly #disks: FakeDisk[] = [];
  readonly #crashed = new Set<Engine>();
  readonly #onStep: TestVolumes['onStep'];
  /** Shared by all nodes, as an object store is. */
  coldTier: ColdTier = noColdTier;
  /** Of nodes that have their own. */
  readonly coldTiersByNode = new Map<number, ColdTier>();
  readonly copiesByNode = new Map<number, ChunkCopies>();
  /** What the nodes find where their objects would go. */
  refusal: string | undefined;
  nowMs = 1_700_000_000_000;
  #soon: (() => void)[] = [];
  readonly #timers = new Set<{ readonly atMs: number; readonly run: () => void }>();
  #seed: number;
  readonly #initial: readonly { name: string; address: string }[];
  readonly #overrides: Partial<EngineConfig>;

  constructor(nodes: number, overrides: Partial<EngineConfig> = {}, found: TestVolumes = {}) {
    const { platters = [], seed = 1, onStep } = found;
    this.#onStep = onStep;
    this.#seed = seed;
    this.#initial = Array.from({ length: nodes }, (_, i) => ({ name: `n${i}`, address: `n${i}:1` }));
    this.#overrides = overrides;
    for (let i = 0; i < nodes; i++) this.platters.push(platters[i] ?? new FakePlatter());
    for (let i = 0; i < nodes; i++) this.start(i);
  }

  /** Starts node `i` on what its platter holds. */
  start(i: number, more: Partial<EngineConfig> = {}): Engine {
    const name = `n${i}`;
    const platter = (this.platters[i] ??= new FakePlatter());
    let engine: Engine | undefined = undefined;
    const address = `${name}:1`;
    const onStep = (): void => this.#onStep?.(i, this);
    const isCrashed = (): boolean => engine !== undefined && this.#crashed.has(engine);
    const peers = steppedPeers(
      this.network.peersOf(() => engine?.nodeId ?? ''),
      { isCrashed, onStep },
    );
    const disk = new FakeDisk(platter);
    this.#disks[i] = disk;
    engine = new Engine(
      {
        ...testConfig,
        ...this.#overrides,
        ...more,
        name,
        addresses: { peer: address, redirect: address, api: address, grpc: address },
        initialNodes: more.initialNodes ?? this.#initial,
        joinAddresses:
          more.joinAddresses ?? (i < this.#initial.length ? [] : this.#initial.map((node) => node.address)),
      },
      {
        store: new SimStore(disk, { beforeWrite: () => {}, afterWrite: onStep, honoursSync: true }),
        peers,
        copies: { read: async (...range) => (await this.copiesByNode.get(i)?.read(...range)) ?? undefined },
        coldTier: {
          query: async (query, timeoutMs) => (this.coldTiersByNode.get(i) ?? this.coldTier).query(query, timeoutMs),
        },
        clock: { nowMs: () => this.nowMs, monotonicMs: () => this.nowMs },
        timers: { after: (delayMs, run) => this.#after(delayMs, run) },
        random: this.#random(),
        formationGuard: { refusal: async () => this.refusal },
        observer: silentObserver,
        linkVersions: new LinkVersions(),
        soon: (run) => void this.#soon.push(run),
        // A process that is gone notices nothing any more.
        onFatal: (error) => void (isCrashed() || this.fatal.push(error)),
      },
    );
    this.network.attach(engine.nodeId, address, steppedHandler(engine, onStep));
    this.engines[i] = engine;
    return engine;
  }

  /** Ends node `i` in order; `start` goes on with its platter. */
  async stop(i: number): Promise<void> {
    const engine = this.engines[i];
    if (engine !== undefined) this.network.detach(engine.nodeId);
    await engine?.stop();
    await engine?.deps.store.close();
  }

  /** The power of node `i` fails: of what was not synchronized the first `keep` records survive. */
  crash(i: number, keep: number): void {
    const engine = this.engines[i];
    if (engine === undefined) return;
    this.#crashed.add(engine);
    this.network.detach(engine.nodeId);
    this.#disks[i]?.crash({ int: (bound) => Math.min(keep, bound - 1), bytes: (length) => new Uint8Array(length) });
    void engine.stop();
  }

  /** Lets `ticks` ticks pass on every engine, delivering whatever is sent meanwhile. */
  async run(ticks: number): Promise<void> {
    for (let tick = 0; tick < ticks; tick++) {
      await this.pass(shortMs);
      this.nowMs += tickMs - shortMs;
      for (const engine of this.engines) engine.tick();
      await this.pass(0);
    }
  }

  /** Time goes by that is too short for a tick, and whatever is sent is delivered. */
  async pass(ms: number): Promise<void> {
    this.nowMs += ms;
    for (const timer of this.#timers) {
      if (timer.atMs > this.nowMs) continue;
      this.#timers.delete(timer);
      this.#soon.push(timer.run);
    }
    for (let round = 0; round < 20; round++) await this.#settle();
  }

  /** Moves on until `done`; fails after `ticks`. */
  async until(what: string, done: () => boolean, ticks = 300): Promise<void> {
    for (let tick = 0; tick < ticks; tick++) {
      if (done()) return;
      await this.run(1);
      if (this.fatal[0] !== undefined) throw new Error('an engine failed', { cause: this.fatal[0] });
    }
    throw new Error(`did not happen in ${ticks} ticks: ${what}`);
  }

  #after(delayMs: number, run: () => void): CancelTimer {
    const timer = { atMs: this.nowMs + delayMs, run };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  async #settle(): Promise<void> {
    const soon = this.#soon;
    this.#soon = [];
    for (const run of soon) run();
    for (let i = 0; i < 10; i++) await Promise.resolve();
    this.network.deliver();
    for (let i = 0; i < 10; i++) await Promise.resolve();
  }

  #random(): Random {
    let state = this.#seed++ * 0x9e37_79b9;
    const next = (): number => {
      state = (Math.imul(state ^ (state >>> 15), 0x2c1b_3c6d) + 0x6d2b_79f5) | 0;
      return (state ^ (state >>> 13)) >>> 0;
    };
    return { int: (bound) => next() % bound, bytes: (length) => Uint8Array.from({ length }, () => next() & 0xff) };
  }
}
