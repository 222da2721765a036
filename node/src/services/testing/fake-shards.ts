// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { defined } from '@shortlink/common/assert.ts';
import { emptyBytes } from '@shortlink/common/bytes.ts';
import { ServiceError } from '@shortlink/common/errors.ts';
import type { ShardId } from '@shortlink/common/ids.ts';
import type { ClusterMap, ShardInfo } from '../../core/cluster/cluster-map.ts';
import { applyEntry } from '../../core/statemachine/apply.ts';
import type { Command, CommandResult } from '../../core/statemachine/commands.ts';
import { encodeEntry } from '../../core/statemachine/entry-codec.ts';
import { executeRead } from '../../core/statemachine/execute-read.ts';
import { prepareCommands } from '../../core/statemachine/prepare.ts';
import type { ReadOp, ReadResult } from '../../core/statemachine/reads.ts';
import { resolutionOf } from '../../core/statemachine/resolution.ts';
import type { LinkResolution } from '../../core/statemachine/resolution.ts';
import { shardStateKey } from '../../core/statemachine/keys.ts';
import { emptyConfState, encodeShardState, initialShardState } from '../../core/statemachine/shard-state.ts';
import type { ShardState } from '../../core/statemachine/shard-state.ts';
import { StateTx } from '../../core/statemachine/state-tx.ts';
import { MemoryState } from '../../core/statemachine/testing/memory-state.ts';
import type { RingReport } from '../../ports/ring-report.ts';
import type { AdminRequest, AdminResponse } from '../../ports/admin.ts';
import type { CallOptions, LaterResolution, ReadOptions, Shards } from '../../ports/shards.ts';
import type { ServiceDependencies } from '../dependencies.ts';

const oneVoter = { ...emptyConfState, voters: [1] };

interface FakeShard {
  readonly info: ShardInfo;
  readonly state: ShardState;
  readonly rows: MemoryState;
}

export interface FakeCall {
  readonly type: 'write' | 'read';
  readonly shard: ShardId;
  readonly count: number;
  readonly options: CallOptions;
}

/** A cluster of one process without a log: the real state machine over rows in memory, and failures on demand. */
export class FakeShards implements Shards {
  readonly calls: FakeCall[] = [];
  readonly adminRequests: AdminRequest[] = [];
  nowMs = Date.UTC(2030, 0, 1);
  /** Thrown by every call to these shards. */
  readonly failures = new Map<ShardId, ServiceError>();
  /** What admin answers, where it is not what a healthy node says. */
  adminResponse: AdminResponse | undefined;
  formed = true;
  /** Calls wait for this before they do anything. */
  gate: Promise<void> = Promise.resolve();
  readonly #map: ClusterMap;
  readonly #shards: ReadonlyMap<ShardId, FakeShard>;
  #draws = 0;

  /** `starts`: first routing keys of the shards after the first one, in their order. */
  constructor(starts: readonly string[] = []) {
    this.#map = fakeMap(starts);
    this.#shards = new Map(
      this.#map.shards.map((info) => [info.id, { info, state: initialShardState(oneVoter), rows: new MemoryState() }]),
    );
  }

  map(): ClusterMap | undefined {
    return this.formed ? this.#map : undefined;
  }

  async write(shard: ShardId, commands: readonly Command[], options: CallOptions): Promise<readonly CommandResult[]> {
    this.calls.push({ type: 'write', shard, count: commands.length, options });
    const { info, state, rows } = await this.#enter(shard);
    const scope = { shard, slot: 1 };
    const random = { bytes: (length: number) => this.#bytes(length) };
    const prepared = prepareCommands(commands, { reader: rows, scope, state, shardRange: info, random });
    if (prepared.kind === 'codesExhausted') return commands.map(() => ({ kind: 'redraw' }));
    if (prepared.kind !== 'prepared') throw new ServiceError('invalid', JSON.stringify(prepared));
    const data = encodeEntry({ timeMs: this.nowMs, idempotencyWindowMs: 600_000, commands: prepared.commands });
    const tx = new StateTx(rows, scope);
    const results = applyEntry(state, { index: state.appliedIndex + 1, term: 1, data }, tx);
    rows.commit(tx);
    return results;
  }

  async read(shard: ShardId, operations: readonly ReadOp[], options: ReadOptions): Promise<readonly ReadResult[]> {
    this.calls.push({ type: 'read', shard, count: operations.length, options });
    const { state, rows } = await this.#enter(shard);
    const timeMs = Math.max(state.timeMs, this.nowMs);
    rows.put(shardStateKey({ shard, slot: 1 }), encodeShardState(state));
    const context = { reader: rows, shard, slot: 1, state: { ...state, timeMs }, cold: undefined };
    return operations.map((operation) => executeRead(operation, context));
  }

  async resolve(
    shard: ShardId,
    codes: readonly string[],
    options: ReadOptions,
  ): Promise<readonly (LinkResolution | LaterResolution)[]> {
    const operations = codes.map((code) => ({ type: 'link', code }) as const);
    return (await this.read(shard, operations, options)).map(resolutionOf);
  }

  async admin(request: AdminRequest, _options: CallOptions): Promise<AdminResponse> {
    this.adminRequests.push(request);
    await this.gate;
    if (this.adminResponse !== undefined) return this.adminResponse;
    if (request.type === 'ring')
      return this.formed ? { type: 'ring', report: fakeRing } : { type: 'refused', message: 'no leader' };
    if (request.type === 'takeOperatorEpoch') return { type: 'operatorEpoch', operatorEpoch: 8 };
    if (request.type !== 'status') return { type: 'accepted' };
    const status = {
      nodeId: 'aaaaaaaaaaaaaaaa',
      name: 'node-1',
      waitingFor: this.formed ? undefined : 'the other nodes',
      map: this.map(),
      replicas: [...this.#shards.values()].map(({ info, state }) => fakeReplica(info.id, state)),
      leaders: this.#map.shards.map(({ id }) => ({ shard: id, nodeId: 'aaaaaaaaaaaaaaaa' })),
    };
    return { type: 'status', status };
  }

  async #enter(shard: ShardId): Promise<FakeShard> {
    await this.gate;
    const failure = this.failures.get(shard);
    if (failure !== undefined) throw failure;
    return defined(this.#shards.get(shard), `shard ${shard}`);
  }

  #bytes(length: number): Uint8Array {
    return createHash('shake256', { outputLength: length })
      .update(`${this.#draws++}`)
      .digest();
  }
}

/** Dependencies of services over a fake cluster; random bytes count up, so that a run is the same each time. */
export function fakeDependencies(shards: FakeShards): ServiceDependencies {
  let draws = 0;
  return {
    shards,
    clock: { nowMs: () => shards.nowMs, monotonicMs: () => shards.nowMs },
    random: {
      bytes: (length) => createHash('shake256', { outputLength: length }).update(`minted ${draws++}`).digest(),
      int: (bound) => draws++ % bound,
    },
    sha256: (bytes) => createHash('sha256').update(bytes).digest(),
  };
}

const fakeRing: RingReport = {
  leaderNodeId: 'aaaaaaaaaaaaaaaa',
  epoch: 3,
  operatorEpoch: 7,
  brake: undefined,
  nodes: [
    {
      id: 'aaaaaaaaaaaaaaaa',
      state: 'ALIVE',
      silentMs: 12,
      heldUntilMs: 1_700_000_000_000,
      chunksHeld: 4,
      chunkBytes: 1 << 20,
      diskFreeBytes: undefined,
      chunkProblem: 'the disk is full',
      storeProblem: 'the store is away',
    },
  ],
  chunks: { total: 5, underReplicated: 1, moving: 2 },
  lastChange: { movedShare: 0.31, bound: 0.38 },
  events: [
    {
      id: 1,
      timeMs: 1_700_000_000_000,
      ringEpoch: 3,
      kind: 'nodeOut',
      nodeId: 'bbbbbbbbbbbbbbbb',
      reason: 'no heartbeat for 600000 ms',
    },
  ],
};

function fakeMap(starts: readonly string[]): ClusterMap {
  const encoder = new TextEncoder();
  const bounds = [emptyBytes, ...starts.map((start) => encoder.encode(start)), undefined];
  const addresses = { peer: '10.0.0.1:8083', redirect: '10.0.0.1:8080', api: '10.0.0.1:8081', grpc: '10.0.0.1:8082' };
  const replicas = [{ id: 1, nodeId: 'aaaaaaaaaaaaaaaa', role: 'voter' }] as const;
  return {
    version: 2,
    clusterId: '6f4e1d1c-0000-4000-8000-000000000001',
    ringEpoch: 1,
    epoch: 7,
    policy: { shardReplicas: 1, reuseDeadCodes: false },
    nodes: [
      { id: 'aaaaaaaaaaaaaaaa', name: 'node-1', zone: 'a', weight: 100, addresses, state: 'active', isOut: false },
    ],
    meta: replicas,
    shards: bounds
      .slice(0, -1)
      .map((start, i) => ({ id: i + 1, start: start ?? emptyBytes, end: bounds[i + 1], founders: replicas, replicas })),
  };
}

function fakeReplica(shard: ShardId, state: ShardState) {
  return {
    shard,
    replicaId: 1,
    role: 'leader',
    term: 1,
    leaderReplicaId: 1,
    commitIndex: state.appliedIndex,
    appliedIndex: state.appliedIndex,
    firstIndex: 1,
    lastIndex: state.appliedIndex,
    voters: [1],
    learners: [],
    revision: state.revision,
    shardTimeMs: state.timeMs,
    stateHash: state.stateHash,
    healthy: true,
  } as const;
}
