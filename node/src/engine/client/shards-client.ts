// SPDX-License-Identifier: Apache-2.0
import { ServiceError } from '@shortlink/common/errors.ts';
import type { ErrorKind } from '@shortlink/common/errors.ts';
import { concatBytes, fromUtf8 } from '@shortlink/common/bytes.ts';
import type { ShardId } from '@shortlink/common/ids.ts';
import type { ClusterMap } from '../../core/cluster/cluster-map.ts';
import { encodeCommand } from '../../core/statemachine/command-codec.ts';
import type { Command, CommandResult } from '../../core/statemachine/commands.ts';
import { decodeReadResult, encodeReadOp } from '../../core/statemachine/read-codec.ts';
import type { ReadOp, ReadResult } from '../../core/statemachine/reads.ts';
import { resolutionOf } from '../../core/statemachine/resolution.ts';
import type { LinkResolution } from '../../core/statemachine/resolution.ts';
import { decodeResult } from '../../core/statemachine/result-codec.ts';
import type { AdminRequest, AdminResponse } from '../../ports/admin.ts';
import type { ColdTier } from '../../ports/cold-tier.ts';
import type { Clock, Timers } from '../../ports/clock.ts';
import type { ForwardStatus } from '../../ports/peers.ts';
import type { KvReader } from '../../ports/kv-engine.ts';
import type { Random } from '../../ports/random.ts';
import type { CallOptions, Consistency, LaterResolution, ReadOptions, Shards } from '../../ports/shards.ts';
import type { BarrierOutcome, ClientRequest, EngineApi, ReadView } from '../engine-api.ts';
import { readModes } from '../host/router.ts';
import { decodeList, encodeList } from '../machines/shard-payload.ts';
import { resolveCached } from './cached-resolve.ts';
import { readTiers } from './cold-reads.ts';
import type { LinkCache } from './link-cache.ts';

export interface ShardsClientOptions {
  readonly engine: EngineApi;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  /** The store, where this thread shares it: linearizable reads then cost the engine only a barrier. */
  readonly reader: KvReader | undefined;
  /** The chunks, as this thread reaches them. */
  readonly coldTier: ColdTier;
  /** Of this thread; resolutions are remembered in it. */
  readonly linkCache?: LinkCache | undefined;
}

interface Reply {
  readonly status: ForwardStatus;
  readonly payload: Uint8Array;
}

/**
 * One attempt's share of the caller's time: a leader that hangs answers nothing, and by then there may be another one.
 * Asking again is safe, because mutations are remembered by their idempotency keys.
 */
const attemptMaxMs = 2000;
const firstBackoffMs = 10;
const maxBackoffMs = 500;
const linearizable = Uint8Array.of(readModes.linearizable);
const stale = Uint8Array.of(readModes.stale);

/** Shards as the services see them: retries what is safe until the time is over. Mutations carry their idempotency keys, so all of them are. */
export class ShardsClient implements Shards {
  readonly #options: ShardsClientOptions;
  #map: ClusterMap | undefined;

  constructor(options: ShardsClientOptions) {
    this.#options = options;
    options.engine.onMap((map) => {
      this.#map = map;
    });
  }

  map(): ClusterMap | undefined {
    return this.#map;
  }

  async write(shard: ShardId, commands: readonly Command[], options: CallOptions): Promise<readonly CommandResult[]> {
    const payload = encodeList(commands, encodeCommand);
    const deadlineMs = this.#deadline(options);
    for (let attempt = 0; ; attempt++) {
      const { payload: answer } = await this.#persist({ kind: 'write', shard, payload }, deadlineMs);
      const results = decodeList(answer, decodeResult);
      // What took effect is remembered, so all of it can be asked again until the leader has seen every tier in time.
      if (results.every((result) => result.kind !== 'lookAgain')) return results;
      if (this.#options.clock.monotonicMs() + firstBackoffMs >= deadlineMs)
        throw new ServiceError(
          'unavailable',
          'the chunks of the shard kept changing; try again with the same idempotency key',
        );
      await this.#backoff(attempt);
    }
  }

  async read(shard: ShardId, operations: readonly ReadOp[], options: ReadOptions): Promise<readonly ReadResult[]> {
    const deadlineMs = this.#deadline(options);
    const { reader } = this.#options;
    if (options.consistency === 'linearizable' && reader !== undefined) {
      const read = this.#tiersReader(reader, shard, deadlineMs);
      const local = await this.#here(shard, deadlineMs, async (view) => read(view, operations));
      if (local !== undefined) return local;
    }
    return this.#readElsewhere(shard, operations, { consistency: options.consistency, deadlineMs });
  }

  async resolve(
    shard: ShardId,
    codes: readonly string[],
    options: ReadOptions,
  ): Promise<readonly (LinkResolution | LaterResolution)[]> {
    const { reader, linkCache: cache } = this.#options;
    const operations = (): ReadOp[] => codes.map((code) => ({ type: 'link', code }));
    if (options.consistency !== 'linearizable' || reader === undefined || cache === undefined)
      return (await this.read(shard, operations(), options)).map(resolutionOf);
    const deadlineMs = this.#deadline(options);
    const { consistency } = options;
    const reads = {
      through: this.#tiersReader(reader, shard, deadlineMs),
      anew: async (missing: readonly ReadOp[]) =>
        this.read(shard, missing, { consistency, timeoutMs: deadlineMs - this.#options.clock.monotonicMs() }),
    };
    const local = await this.#here(shard, deadlineMs, async (view) =>
      resolveCached(cache, { shard, codes, view }, reads),
    );
    if (local !== undefined) return local;
    return (await this.#readElsewhere(shard, operations(), { consistency, deadlineMs })).map(resolutionOf);
  }

  async admin(request: AdminRequest, options: CallOptions): Promise<AdminResponse> {
    const { promise, resolve, reject } = Promise.withResolvers<AdminResponse>();
    const cancel = this.#options.timers.after(options.timeoutMs, () =>
      reject(new ServiceError('timeout', 'the node did not answer in time')),
    );
    this.#options.engine.admin(request, resolve);
    return promise.finally(cancel);
  }

  /**
   * Reads through a view that was confirmed after the call; `use` says undefined when the view is of no use any more.
   * Undefined where the rows are elsewhere: then the engine knows whom to ask.
   */
  async #here<T>(
    shard: ShardId,
    deadlineMs: number,
    use: (view: ReadView) => Promise<readonly T[] | undefined>,
  ): Promise<readonly T[] | undefined> {
    for (let attempt = 0; ; attempt++) {
      const leftMs = deadlineMs - this.#options.clock.monotonicMs();
      if (leftMs <= 0) throw new ServiceError('unavailable', `shard ${shard} could not confirm the read in time`);
      const { promise, resolve } = Promise.withResolvers<BarrierOutcome>();
      this.#options.engine.barrier(shard, Math.max(1, leftMs), resolve);
      const outcome = await promise;
      if (outcome.kind === 'elsewhere') return undefined;
      if (outcome.kind === 'view') {
        const results = await use(outcome.view);
        if (results !== undefined) return results;
      }
      await this.#backoff(attempt);
    }
  }

  #tiersReader(reader: KvReader, shard: ShardId, deadlineMs: number) {
    const tiers = {
      reader,
      coldTier: this.#options.coldTier,
      leftMs: (): number => deadlineMs - this.#options.clock.monotonicMs(),
    };
    return async (view: ReadView, operations: readonly ReadOp[]) => readTiers(tiers, shard, operations, view);
  }

  async #readElsewhere(
    shard: ShardId,
    operations: readonly ReadOp[],
    { consistency, deadlineMs }: { readonly consistency: Consistency; readonly deadlineMs: number },
  ): Promise<readonly ReadResult[]> {
    const mode = consistency === 'stale' ? stale : linearizable;
    const payload = concatBytes(mode, encodeList(operations, encodeReadOp));
    const { payload: answer } = await this.#persist({ kind: 'read', shard, payload }, deadlineMs);
    return decodeList(answer, decodeReadResult);
  }

  async #persist(request: Omit<ClientRequest, 'timeoutMs'>, deadlineMs: number): Promise<Reply> {
    for (let attempt = 0; ; attempt++) {
      const leftMs = deadlineMs - this.#options.clock.monotonicMs();
      const reply = await this.#submit({ ...request, timeoutMs: Math.max(1, Math.min(leftMs, attemptMaxMs)) });
      if (reply.status === 'ok') return reply;
      const message = fromUtf8(reply.payload);
      if (reply.status === 'refused') throw new ServiceError('invalid', message);
      if (this.#options.clock.monotonicMs() + firstBackoffMs >= deadlineMs)
        throw new ServiceError(kindOf(reply.status), message);
      await this.#backoff(attempt);
    }
  }

  async #submit(request: ClientRequest): Promise<Reply> {
    return new Promise((resolve) => {
      this.#options.engine.submit(request, (status, payload) => resolve({ status, payload }));
    });
  }

  /** Full jitter, so that clients of one failure do not come back together. */
  async #backoff(attempt: number): Promise<void> {
    const boundMs = Math.min(maxBackoffMs, firstBackoffMs * 2 ** attempt);
    const delayMs = 1 + this.#options.random.int(Math.ceil(boundMs));
    await new Promise<void>((resolve) => {
      this.#options.timers.after(delayMs, resolve);
    });
  }

  #deadline(options: CallOptions): number {
    return this.#options.clock.monotonicMs() + options.timeoutMs;
  }
}

function kindOf(status: ForwardStatus): ErrorKind {
  if (status === 'timeout') return 'timeout';
  return status === 'overloaded' ? 'overloaded' : 'unavailable';
}
