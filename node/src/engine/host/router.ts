// SPDX-License-Identifier: Apache-2.0
import { DecodeError } from '@shortlink/common/byte-reader.ts';
import { limits } from '@shortlink/common/limits.ts';
import type { NodeId, ShardId } from '@shortlink/common/ids.ts';
import { metaShardId } from '@shortlink/common/ids.ts';
import type { ClusterMap } from '../../core/cluster/cluster-map.ts';
import { encodeJson } from '../../core/cluster/map-codec.ts';
import { replicasOf } from '../../core/cluster/meta-state.ts';
import type { ChunkCopies, CopyRange } from '../../ports/chunk-peers.ts';
import { decodeCopyRange } from '../chunks/copy-range-codec.ts';
import type { ColdTier } from '../../ports/cold-tier.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ForwardKind, ForwardRequest, ForwardStatus } from '../../ports/peers.ts';
import type { Random } from '../../ports/random.ts';
import type { ClockGuard } from '../clock-guard.ts';
import type { EngineEvent, EngineObserver } from '../engine-observer.ts';
import { explain } from '../requests.ts';
import type { Answer } from '../requests.ts';
import { ColdLooks } from './cold-looks.ts';
import type { Forwarder } from './forwarder.ts';
import type { Host } from './host.ts';
import type { Replica } from './replica.ts';

export interface RoutedRequest {
  readonly kind: ForwardKind;
  readonly shard: ShardId;
  readonly payload: Uint8Array;
  readonly timeoutMs: number;
  readonly hops: number;
  /** The node it came from, which must not get it back. */
  readonly from?: NodeId | undefined;
}

export interface RouterOptions {
  readonly nodeId: NodeId;
  readonly host: Host;
  readonly forwarder: Forwarder;
  readonly clock: Clock;
  readonly clockGuard: ClockGuard;
  readonly random: Random;
  readonly observer: EngineObserver;
  readonly map: () => ClusterMap | undefined;
  readonly isConnected: (node: NodeId) => boolean;
  /** Connected or not, traffic should go elsewhere. */
  readonly isSilent: (node: NodeId) => boolean;
  readonly control: (replica: Replica, payload: Uint8Array, answer: Answer) => void;
  readonly coldTier: ColdTier;
  readonly copies: ChunkCopies;
}

const forwardEvents = {
  ok: 'forwardOk',
  unavailable: 'forwardUnavailable',
  overloaded: 'forwardOverloaded',
  timeout: 'forwardTimeout',
  refused: 'forwardRefused',
} as const satisfies Record<ForwardStatus, EngineEvent>;

const writeEvents = {
  ok: 'writeCommitted',
  unavailable: 'writeUnavailable',
  overloaded: 'writeOverloaded',
  timeout: 'writeTimeout',
  refused: 'writeRefused',
} as const satisfies Record<ForwardStatus, EngineEvent>;

function copyRangeOf(payload: Uint8Array): CopyRange | undefined {
  try {
    return decodeCopyRange(payload);
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

/** First byte of a read's payload. */
export const readModes = { linearizable: 0, stale: 1 } as const;

/** Sends each request to where it can be answered: here, or one node further. */
export class Router {
  readonly #options: RouterOptions;
  readonly #looks: ColdLooks;
  /** The node that last said, by an answer, that it led a shard without a replica here. */
  readonly #leaderByShard = new Map<ShardId, NodeId>();

  constructor(options: RouterOptions) {
    this.#options = options;
    this.#looks = new ColdLooks(options.coldTier, options.clock);
  }

  route(request: RoutedRequest, answer: Answer): void {
    if (request.kind === 'copy') return this.#readCopy(request.payload, answer);
    if (request.kind === 'map') return answer('ok', encodeJson(this.#options.map() ?? null));
    const replica = this.#options.host.replicasByShard.get(request.shard);
    if (request.kind === 'read') return this.#read(replica, request, answer);
    if (replica?.isLeader !== true || !replica.healthy) return this.#toLeader(request, answer);
    if (request.kind === 'control') return this.#options.control(replica, request.payload, answer);
    const counted: Answer = (status, payload) => {
      this.#options.observer.count(writeEvents[status]);
      answer(status, payload);
    };
    this.#write(replica, request, counted);
  }

  /** Proposes at once, or after a look into the chunks where the requests depend on what only those know. */
  #write(replica: Replica, request: RoutedRequest, answer: Answer): void {
    const deadlineMs = this.#options.clock.monotonicMs() + request.timeoutMs;
    const add = (payload: Uint8Array): void => {
      replica.addWrite({ payload, deadlineMs, answer });
      this.#options.host.activate(replica);
    };
    const look = replica.machine.look(request.payload);
    if (look === undefined) return add(request.payload);
    this.#looks.run(look, deadlineMs, (outcome) => {
      if (outcome.kind === 'seen') add(outcome.payload);
      else answer(outcome.status, explain(outcome.message));
    });
  }

  /** Asks this very node, whoever leads. */
  askNode(node: NodeId, request: RoutedRequest, answer: Answer): void {
    if (!this.#options.isConnected(node))
      return answer('unavailable', explain(`node ${node} cannot be reached from here`));
    const { kind, shard, payload, timeoutMs, hops } = request;
    this.#options.forwarder.forward(node, { kind, shard, payload, timeoutMs, hops }, answer);
    this.#options.host.wake();
  }

  #readCopy(payload: Uint8Array, answer: Answer): void {
    const range = copyRangeOf(payload);
    if (range === undefined) return answer('refused', explain('the question for a copy cannot be read'));
    const { name, offset, length } = range;
    void this.#options.copies.read(name, offset, length).then((bytes) => {
      if (bytes === undefined) answer('unavailable', explain(`there is no copy of ${name} here`));
      else answer('ok', bytes);
    });
  }

  /** The node that leads a shard, as far as this one knows. */
  leaderOf(shard: ShardId): NodeId | undefined {
    const replica = this.#options.host.replicasByShard.get(shard);
    if (replica === undefined) return this.#leaderByShard.get(shard);
    return replica.lead === 0 ? undefined : this.#options.host.places.nodeOf(shard, replica.lead);
  }

  /** Time for reads: the shard's own, and this node's clock only where it is trusted. */
  readNowMs(): number {
    return this.#options.clockGuard.trustedNowMs(this.#options.map()?.nodes.length ?? 1) ?? 0;
  }

  #read(replica: Replica | undefined, request: RoutedRequest, answer: Answer): void {
    if (replica === undefined || !replica.healthy || replica.machine.appliedIndex === 0)
      return this.#toReplica(request, answer);
    const payload = request.payload.subarray(1);
    const deadlineMs = this.#options.clock.monotonicMs() + request.timeoutMs;
    const execute = (): void =>
      this.#looks.read(replica, { payload, deadlineMs, nowMs: () => this.readNowMs() }, answer);
    if (request.payload[0] === readModes.stale) return execute();
    replica.reads.add({
      ready: () => {
        if (replica.healthy) execute();
        else answer('unavailable', explain('the replica stopped serving: its state differs from its leader’s'));
      },
      failed: (message) => answer('unavailable', explain(message)),
      deadlineMs,
    });
    this.#options.host.activate(replica);
  }

  #toLeader(request: RoutedRequest, answer: Answer): void {
    const leader = this.leaderOf(request.shard);
    if (leader !== undefined && leader !== this.#options.nodeId) return this.#forward(leader, request, answer);
    // A replica that the group has not taken in yet, or no longer has, never hears of a leader: others may know.
    this.#toReplica(request, answer);
  }

  #toReplica(request: RoutedRequest, answer: Answer): void {
    const map = this.#options.map();
    const replicas = (map === undefined ? undefined : replicasOf(map, request.shard)) ?? [];
    const nodes = replicas
      .map((replica) => replica.nodeId)
      .filter((node) => node !== this.#options.nodeId && node !== request.from);
    const near = nodes.filter((node) => this.#options.isConnected(node));
    const well = near.filter((node) => !this.#options.isSilent(node));
    const candidates = well.length > 0 ? well : near.length > 0 ? near : nodes;
    const known = this.#leaderByShard.get(request.shard);
    const node =
      known !== undefined && candidates.includes(known)
        ? known
        : candidates[this.#options.random.int(Math.max(1, candidates.length))];
    if (node === undefined) {
      const what = request.shard === metaShardId ? 'the meta group' : `shard ${request.shard}`;
      return answer('unavailable', explain(`no replica of ${what} can be reached from here`));
    }
    this.#forward(node, request, answer);
  }

  #forward(node: NodeId, request: RoutedRequest, answer: Answer): void {
    if (request.hops >= limits.forwardMaxHops)
      return answer('unavailable', explain('the request was handed on too often; the leader is changing'));
    // What is sent to a node that is away is lost, and its answer would be waited for until the deadline.
    if (!this.#options.isConnected(node)) {
      this.#leaderByShard.delete(request.shard);
      return answer('unavailable', explain(`node ${node} leads the shard and cannot be reached from here`));
    }
    const { kind, shard, payload, timeoutMs } = request;
    const forwarded: Omit<ForwardRequest, 'id'> = { kind, shard, payload, timeoutMs, hops: request.hops + 1 };
    this.#options.forwarder.forward(node, forwarded, (status, reply) => {
      if (status === 'ok') this.#leaderByShard.set(shard, node);
      else this.#leaderByShard.delete(shard);
      this.#options.observer.count(forwardEvents[status]);
      answer(status, reply);
    });
    this.#options.host.wake();
  }
}
