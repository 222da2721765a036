// SPDX-License-Identifier: Apache-2.0
import { noCopies } from '../../../ports/chunk-peers.ts';
import { noColdTier } from '../../../ports/cold-tier.ts';
import { concatBytes, fromUtf8 } from '@shortlink/common/bytes.ts';
import { FakeDisk, FakePlatter } from '../../../../sim/disk.ts';
import { encodeCommand } from '../../../core/statemachine/command-codec.ts';
import { decodeReadResult, encodeReadOp } from '../../../core/statemachine/read-codec.ts';
import type { KvEngine } from '../../../ports/kv-engine.ts';
import type { Random } from '../../../ports/random.ts';
import { seededRandom } from '../../../core/raft/testing/prng.ts';
import { Engine } from '../../engine.ts';
import type { EngineConfig } from '../../engine-config.ts';
import { LinkVersions } from '../../link-versions.ts';
import { silentObserver } from '../../engine-observer.ts';
import type { Replica } from '../../host/replica.ts';
import type { Turn } from '../../host/turn.ts';
import { decodeList, encodeList } from '../../machines/shard-payload.ts';
import { DirectNetwork } from '../../testing/direct-peers.ts';
import { testConfig } from '../../testing/test-cluster.ts';

export interface CrashClusterOptions {
  readonly nodes?: number | undefined;
  readonly config?: Partial<EngineConfig> | undefined;
  /** A store that does something else than it says; `i` is the node. */
  readonly wrapStore?: ((disk: FakeDisk, i: number) => KvEngine) | undefined;
  readonly turn?: ((i: number) => Turn | undefined) | undefined;
}

/** What becomes of a request; undefined while nobody has answered. */
export interface Pending {
  status: string | undefined;
  text: string;
}

const shard = 1;
const tickMs = 100;

/** Engines on fake disks that lose power at a chosen record. */
export class CrashCluster {
  readonly network = new DirectNetwork();
  readonly engines: Engine[] = [];
  readonly disks: FakeDisk[] = [];
  readonly platters: FakePlatter[] = [];
  readonly fatal: unknown[] = [];
  nowMs = 1_700_000_000_000;
  #soon: { readonly node: number; readonly run: () => void }[] = [];
  #writes = 0;
  #starts = 0;
  readonly #options: CrashClusterOptions;
  readonly #down = new Set<number>();

  constructor(options: CrashClusterOptions = {}) {
    this.#options = options;
    for (let i = 0; i < (options.nodes ?? 1); i++) this.start(i);
  }

  /** Starts node `i` on what its platter holds. */
  start(i: number): Engine {
    const initial = Array.from({ length: this.#options.nodes ?? 1 }, (_, at) => ({
      name: `n${at}`,
      address: `n${at}:1`,
    }));
    const address = `n${i}:1`;
    let engine: Engine | undefined = undefined;
    const disk = new FakeDisk((this.platters[i] ??= new FakePlatter()));
    this.disks[i] = disk;
    engine = new Engine(
      {
        ...testConfig,
        ...this.#options.config,
        name: `n${i}`,
        addresses: { peer: address, redirect: address, api: address, grpc: address },
        initialNodes: initial,
      },
      {
        store: this.#options.wrapStore?.(disk, i) ?? disk,
        peers: this.network.peersOf(() => engine?.nodeId ?? ''),
        coldTier: noColdTier,
        copies: noCopies,
        clock: { nowMs: () => this.nowMs, monotonicMs: () => this.nowMs },
        random: randomOf(++this.#starts),
        observer: silentObserver,
        linkVersions: new LinkVersions(),
        soon: (run) => void this.#soon.push({ node: i, run }),
        timers: { after: (_delayMs, run) => (this.#soon.push({ node: i, run }), () => {}) },
        onFatal: (error) => this.fatal.push(error),
        turn: this.#options.turn?.(i),
      },
    );
    this.network.attach(engine.nodeId, address, engine);
    this.engines[i] = engine;
    this.#down.delete(i);
    return engine;
  }

  /** The power fails: of what was not synchronized the first `keep` records survive. */
  crash(i: number, keep: number): void {
    this.network.detach(this.engine(i).nodeId);
    this.#down.add(i);
    this.#soon = this.#soon.filter(({ node }) => node !== i);
    this.disks[i]?.crash({ int: (bound) => Math.min(keep, bound - 1), bytes: (length) => new Uint8Array(length) });
  }

  engine(i: number): Engine {
    const engine = this.engines[i];
    if (engine === undefined) throw new Error(`no engine ${i}`);
    return engine;
  }

  replica(i: number): Replica {
    const replica = this.engine(i).host.replicasByShard.get(shard);
    if (replica === undefined) throw new Error(`no replica on ${i}`);
    return replica;
  }

  leader(): number {
    return this.engines.findIndex((_, i) => !this.#down.has(i) && this.replica(i).isLeader);
  }

  async form(): Promise<this> {
    await this.until('formation', () => this.engines.every((engine) => engine.health().writable));
    return this;
  }

  /** Asks for a link to be created. */
  create(i: number, code: string): Pending {
    const n = ++this.#writes;
    const command = {
      type: 'createLink',
      dedup: {
        key: Uint8Array.from({ length: 16 }, (_, at) => (at < 2 ? n >>> (8 * at) : at)),
        fingerprint: new Uint8Array(8),
      },
      code,
      generated: false,
      codeLength: 8,
      url: `https://example.org/${code}`,
      creatorId: 'me',
      expiresAtMs: undefined,
      reuseDeadCodes: false,
    } as const;
    return this.#submit(i, 'write', encodeList([command], encodeCommand));
  }

  async created(i: number, code: string): Promise<void> {
    const pending = this.create(i, code);
    await this.until(`the write of ${code}`, () => pending.status !== undefined);
    if (pending.status !== 'ok') throw new Error(`write of ${code}: ${pending.status}, ${pending.text}`);
  }

  /** Reads at the applied state of the node's own replica, whoever leads. */
  holds(i: number, code: string): boolean {
    const payload = encodeList([{ type: 'link', code } as const], encodeReadOp);
    const outcome = this.replica(i).machine.read(payload, 0);
    if (outcome.kind !== 'answer') throw new Error('the link lies in a chunk');
    return decodeList(outcome.payload, decodeReadResult)[0]?.kind === 'link';
  }

  async reads(i: number, code: string): Promise<boolean> {
    let found: boolean | undefined;
    const payload = concatBytes(Uint8Array.of(0), encodeList([{ type: 'link', code } as const], encodeReadOp));
    this.engine(i).submit({ kind: 'read', shard, payload, timeoutMs: 20_000 }, (status, answer) => {
      found = status === 'ok' && decodeList(answer, decodeReadResult)[0]?.kind === 'link';
    });
    await this.until(`the read of ${code}`, () => found !== undefined);
    return found === true;
  }

  async run(ticks: number): Promise<void> {
    for (let tick = 0; tick < ticks; tick++) {
      this.nowMs += tickMs;
      this.engines.forEach((engine, i) => this.#down.has(i) || engine.tick());
      for (let round = 0; round < 20; round++) await this.settle();
    }
  }

  async until(what: string, done: () => boolean, ticks = 400): Promise<void> {
    for (let tick = 0; tick < ticks; tick++) {
      if (done()) return;
      await this.run(1);
    }
    throw new Error(`did not happen in ${ticks} ticks: ${what}`);
  }

  /** One step of everything that waits. */
  async settle(): Promise<void> {
    const soon = this.#soon;
    this.#soon = [];
    for (const { run } of soon) run();
    for (let i = 0; i < 10; i++) await Promise.resolve();
    this.network.deliver();
    for (let i = 0; i < 10; i++) await Promise.resolve();
  }

  #submit(i: number, kind: 'write' | 'read', payload: Uint8Array): Pending {
    const pending: Pending = { status: undefined, text: '' };
    this.engine(i).submit({ kind, shard, payload, timeoutMs: 20_000 }, (status, answer) => {
      pending.status = status;
      if (status !== 'ok') pending.text = fromUtf8(answer);
    });
    return pending;
  }
}

function randomOf(seed: number): Random {
  const next = seededRandom(seed);
  return { int: next, bytes: (length) => Uint8Array.from({ length }, () => next(256)) };
}

/** A store whose methods are the disk's, but for those that a test replaces. */
export function storeOver(disk: FakeDisk, replaced: Partial<KvEngine>): KvEngine {
  return {
    get: (column, key) => disk.get(column, key),
    getMany: (column, keys) => disk.getMany(column, keys),
    scan: (column, range, options) => disk.scan(column, range, options),
    cursor: (column, range) => disk.cursor(column, range),
    batch: () => disk.batch(),
    write: (batch, options) => disk.write(batch, options),
    deleteRange: (column, range) => disk.deleteRange(column, range),
    close: async () => disk.close(),
    ...replaced,
  };
}
