// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { limits } from '@shortlink/common/limits.ts';
import type { Link } from '../src/core/statemachine/commands.ts';
import type { KvRow } from '../src/core/statemachine/reads.ts';
import { ServiceError } from '@shortlink/common/errors.ts';
import { LinkCache } from '../src/engine/client/link-cache.ts';
import { RemoteEngine } from '../src/engine/client/remote-engine.ts';
import type { FromEngine, ToEngine } from '../src/engine/client/channel.ts';
import { serveEngine } from '../src/engine/client/engine-server.ts';
import type { EngineApi } from '../src/engine/engine-api.ts';
import { ShardsClient } from '../src/engine/client/shards-client.ts';
import type { AdminRequest, AdminResponse } from '../src/ports/admin.ts';
import { newKvService } from '../src/services/kv.ts';
import type { KvService } from '../src/services/kv.ts';
import { newLinksService } from '../src/services/links.ts';
import type { LinksService } from '../src/services/links.ts';
import type { CreateOutcome } from '../src/services/create-proposals.ts';
import type { NewLink } from '../src/services/link-input.ts';
import { newRedirectService } from '../src/services/redirect.ts';
import type { Resolver } from '../src/services/redirect.ts';
import type { SimProcess } from './sim-process.ts';
import { connectThreads, soonOf } from './threads.ts';
import type { World } from './world.ts';

const linearizable = 'linearizable';
/** Links that are followed again with each one. */
const recentCodes = 12;

export interface GatewayOptions {
  readonly engine: EngineApi;
  readonly timeoutMs: number;
}

/** The serving part of a process: production services that talk to the engine as from another thread. */
export class Gateway {
  readonly timeoutMs: number;
  /** Resolves to undefined when the process dies. */
  readonly death: Promise<undefined>;
  readonly #process: SimProcess;
  readonly #shards: ShardsClient;
  readonly #links: LinksService;
  readonly #kv: KvService;
  readonly #redirects: Resolver;
  #reads = 0;
  #recentCodes: readonly string[] = [];

  constructor(world: World, process: SimProcess, { engine, timeoutMs }: GatewayOptions) {
    this.timeoutMs = timeoutMs;
    this.#process = process;
    this.death = process.death.then(() => undefined);
    const { clock, timers, store } = process;
    const random = process.random.split('gateway');
    const soon = soonOf(world, process);
    const [near, far] = connectThreads<ToEngine, FromEngine>(world, process);
    serveEngine(engine, far, soon);
    // Half of the processes have serving threads that share the store, the others ask the engine for each read.
    const reader = random.chance(0.5) ? store : undefined;
    // Some so small that links are driven out all the time.
    const linkCache = new LinkCache(process.linkVersions, random.pick([1_000, 3_000, 1_000_000]));
    const engineThread = new RemoteEngine(near, soon);
    this.#shards = new ShardsClient({
      engine: engineThread,
      clock,
      timers,
      random,
      reader,
      coldTier: process.connectColdTier(),
      linkCache,
    });
    this.#redirects = newRedirectService(this.#shards, { timeoutMs, consistency: linearizable });
    const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest();
    const dependencies = { shards: this.#shards, clock, random, sha256 };
    const destinations = { schemes: new Set(['https']), ownHosts: new Set<string>() };
    this.#links = newLinksService(dependencies, { codeLength: 8, destinations });
    this.#kv = newKvService(dependencies);
  }

  /** A machine that stood still owes no answer in time. */
  wasPausedSince(timeUs: number): boolean {
    return this.#process.pausedUntilUs >= timeUs;
  }

  /** The code of the new link. */
  async create(link: NewLink, idempotencyKey: string | undefined): Promise<string> {
    const { code } = await this.#links.create(link, { timeoutMs: this.timeoutMs, idempotencyKey });
    return code;
  }

  /** The idempotency key is the gateway's own. */
  async createBatch(links: readonly NewLink[]): Promise<readonly CreateOutcome[]> {
    return this.#links.createBatch(links, { timeoutMs: this.timeoutMs });
  }

  async listLinks(creatorId: string): Promise<readonly Link[]> {
    const query = { creatorId, limit: limits.listMaxLinks };
    const { links } = await this.#links.list(query, { timeoutMs: this.timeoutMs, consistency: linearizable });
    return links;
  }

  /** Where a link leads: by turns as programs ask for it and as visitors follow it. */
  async destinationOf(code: string): Promise<string> {
    if (this.#reads++ % 2 === 0)
      return (await this.#links.get(code, { timeoutMs: this.timeoutMs, consistency: linearizable })).url;
    // Others follow links that were followed lately at the same time: so the cache is warm when they change.
    const recent = this.#recentCodes.slice(-recentCodes);
    this.#recentCodes = [...recent, code];
    const [resolution] = await Promise.all((await this.#redirects.resolve([code, ...recent])).map(async (one) => one));
    if (resolution?.kind === 'found') return resolution.url;
    throw new ServiceError(resolution?.kind ?? 'internal', `following ${code}`);
  }

  async updateLink(code: string, url: string, idempotencyKey: string | undefined): Promise<void> {
    await this.#links.update(code, { url }, { timeoutMs: this.timeoutMs, idempotencyKey });
  }

  async deleteLink(code: string, idempotencyKey: string | undefined): Promise<void> {
    await this.#links.delete(code, { timeoutMs: this.timeoutMs, idempotencyKey });
  }

  async getKey(key: Uint8Array): Promise<KvRow | undefined> {
    const { row } = await this.#kv.get(key, { timeoutMs: this.timeoutMs, consistency: linearizable });
    return row;
  }

  async putKey(
    key: Uint8Array,
    value: Uint8Array,
    {
      idempotencyKey,
      ifRevision,
    }: { readonly idempotencyKey: string | undefined; readonly ifRevision: number | undefined },
  ): Promise<void> {
    await this.#kv.put({ key, value, ifRevision }, { timeoutMs: this.timeoutMs, idempotencyKey });
  }

  /** Whether there was something to delete. */
  async deleteKey(key: Uint8Array, idempotencyKey: string | undefined): Promise<boolean> {
    const { existed } = await this.#kv.delete(key, { timeoutMs: this.timeoutMs, idempotencyKey });
    return existed;
  }

  async admin(request: AdminRequest): Promise<AdminResponse> {
    return this.#shards.admin(request, { timeoutMs: this.timeoutMs });
  }
}
