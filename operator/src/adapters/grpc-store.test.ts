// SPDX-License-Identifier: Apache-2.0
import { create } from '@bufbuild/protobuf';
import { credentials, Server, ServerCredentials, status } from '@grpc/grpc-js';
import type { ServerUnaryCall } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  AdminService,
  GetChunksResponseSchema,
  GetStatusResponseSchema,
  GenerationState,
  Liveness,
  NodeState,
  TakeOperatorEpochResponseSchema,
  UploadResponseSchema,
} from '@shortlink/proto/admin.ts';
import { addService, type ServiceHandlers } from '@shortlink/proto/grpc-service.ts';
import type { StoreOrder } from '../ports/store-api.ts';
import { GrpcStore } from './grpc-store.ts';

/** Every call and its token; the answers are fixed, and orders of epoch 1 are refused. */
const calls: { readonly name: string; readonly token: string; readonly request: unknown }[] = [];
let server: Server;
let address: string;
let store: GrpcStore;
const { signal } = new AbortController();

function handler(name: string, answer: () => object) {
  return (call: ServerUnaryCall<never, never>, reply: (error: object | null, message?: never) => void): void => {
    const request = call.request as { readonly operatorEpoch?: bigint };
    calls.push({ name, token: String(call.metadata.get('authorization')[0]), request });
    if (request.operatorEpoch === 1n)
      reply({ code: status.FAILED_PRECONDITION, details: 'somebody else is in charge' });
    else reply(null, answer() as never);
  };
}

const chunks = { total: 5n, underReplicated: 1n, moving: 0n };
const usualAnswers: Readonly<Record<string, object>> = {
  getStatus: create(GetStatusResponseSchema, {
    nodeId: 'aaaaaaaaaaaaaaaa',
    name: 'links-0',
    waitingFor: 'a leader',
    map: {
      clusterId: 'c',
      epoch: 7n,
      shardReplicas: 3,
      nodes: [{ id: 'aaaaaaaaaaaaaaaa', name: 'links-0', zone: 'z1', state: NodeState.DRAINING }],
      meta: [{ id: 1n, nodeId: 'aaaaaaaaaaaaaaaa' }],
      shards: [{ id: 1, replicas: [{ id: 2n, nodeId: 'aaaaaaaaaaaaaaaa', learner: true }] }],
    },
    replicas: [{ shardId: 1, commitIndex: 9n, appliedIndex: 8n, healthy: true }],
    leaders: [{ shardId: 0, nodeId: 'aaaaaaaaaaaaaaaa' }],
    ring: {
      epoch: 3n,
      operatorEpoch: 2n,
      brake: 'two nodes are down',
      nodes: [
        {
          id: 'aaaaaaaaaaaaaaaa',
          state: Liveness.SUSPECT,
          heldUntilMs: 5n,
          chunksHeld: 4n,
          diskFreeBytes: 100n,
          storeProblem: 'away',
        },
        { id: 'bbbbbbbbbbbbbbbb', state: 99 as Liveness },
      ],
      chunks,
    },
  }),
  getChunks: create(GetChunksResponseSchema, {
    shards: [
      {
        shardId: 1,
        chunkCount: 3n,
        chunkBytes: 300n,
        generations: [
          { state: GenerationState.ACTIVE, startTime: { seconds: 9n } },
          { state: GenerationState.SEALED, startTime: { seconds: 8n } },
          { state: GenerationState.PLACED, startTime: { seconds: 7n, nanos: 5_000_000 } },
        ],
      },
      { shardId: 2, generations: [{ state: GenerationState.ACTIVE, startTime: { seconds: 9n } }] },
      {
        shardId: 3,
        generations: [{ state: GenerationState.SEALED }, { state: GenerationState.SEALED, startTime: {} }],
      },
    ],
  }),
  takeOperatorEpoch: create(TakeOperatorEpochResponseSchema, { operatorEpoch: 8n }),
};

let answers: Readonly<Record<string, object>>;

beforeEach(async () => {
  calls.length = 0;
  answers = usualAnswers;
  server = new Server();
  const handlers = AdminService.methods.map(({ localName, output }) => [
    localName,
    handler(localName, () => answers[localName] ?? create(output)),
  ]);
  addService(server, AdminService, Object.fromEntries(handlers) as ServiceHandlers<typeof AdminService>);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) => {
      if (error === null) resolve(bound);
      else reject(error);
    });
  });
  address = `127.0.0.1:${port}`;
  store = new GrpcStore(credentials.createInsecure(), async () => 'secret');
});

afterEach(() => {
  store.close();
  server.forceShutdown();
});

/** Every address leads to the one server; `asked`: for which ones the way was looked for. */
function newRouted() {
  const asked: string[] = [];
  const routed = new GrpcStore(
    credentials.createInsecure(),
    () => Promise.resolve('secret'),
    (to) => {
      asked.push(to);
      return Promise.resolve({ target: address });
    },
  );
  return { asked, routed };
}

describe('the admin service as the operator calls it', () => {
  it('reports what a node says, without what this version does not know', async () => {
    expect(await store.report(address, signal)).toEqual({
      nodeId: 'aaaaaaaaaaaaaaaa',
      name: 'links-0',
      version: '',
      waitingFor: 'a leader',
      map: {
        clusterId: 'c',
        epoch: 7,
        ringEpoch: 0,
        shardReplicas: 3,
        nodes: [{ id: 'aaaaaaaaaaaaaaaa', name: 'links-0', zone: 'z1', isDraining: true, isOut: false }],
        shards: [
          { id: 0, replicas: [{ nodeId: 'aaaaaaaaaaaaaaaa', isLearner: false }] },
          { id: 1, replicas: [{ nodeId: 'aaaaaaaaaaaaaaaa', isLearner: true }] },
        ],
      },
      replicas: [{ shard: 1, commitIndex: 9, appliedIndex: 8, isHealthy: true }],
      leaders: [{ shard: 0, nodeId: 'aaaaaaaaaaaaaaaa' }],
      ring: {
        epoch: 3,
        operatorEpoch: 2,
        brake: 'two nodes are down',
        nodes: [
          {
            id: 'aaaaaaaaaaaaaaaa',
            liveness: 'suspect',
            isHeld: true,
            chunksHeld: 4,
            chunkBytes: undefined,
            diskFreeBytes: 100,
            storeProblem: 'away',
          },
        ],
        chunks: { total: 5, underReplicated: 1, moving: 0 },
      },
    });
    expect(calls[0]?.token).toBe('Bearer secret');
  });

  it('counts the generations that are on their way, and says when the oldest began', async () => {
    expect(await store.uploads(address, signal)).toEqual([
      { shard: 1, waiting: 2, oldestStartMs: 7005, chunkCount: 3, chunkBytes: 300 },
      { shard: 2, waiting: 0, oldestStartMs: undefined, chunkCount: 0, chunkBytes: 0 },
      // One of them does not say: it may be older than any other.
      { shard: 3, waiting: 2, oldestStartMs: undefined, chunkCount: 0, chunkBytes: 0 },
    ]);
  });

  it('has not ordered an upload that a shard did not do', async () => {
    const error = { kind: 'unavailable', code: 14, message: 'no leader' };
    const results = [
      { shardId: 9, sealedGeneration: 4n },
      { shardId: 1, error },
    ];
    answers = { ...usualAnswers, upload: create(UploadResponseSchema, { results }) };
    const ordered = store.order(address, { kind: 'upload' }, 8, signal);
    await expect(ordered).rejects.toMatchObject({ name: 'StoreError', isRefusal: false });
    await expect(ordered).rejects.toThrow('shard 1: no leader');
  });

  it('takes an epoch, and sends it with each order that needs one', async () => {
    expect(await store.takeEpoch(address, signal)).toBe(8);
    const orders: readonly StoreOrder[] = [
      { kind: 'holdNode', nodeId: 'n', durationMs: 5 },
      { kind: 'releaseNode', nodeId: 'n' },
      { kind: 'hastenNode', nodeId: 'n' },
      { kind: 'removeNode', nodeId: 'n' },
      { kind: 'cancelRemoveNode', nodeId: 'n' },
    ];
    for (const order of orders) await store.order(address, order, 8, signal);
    await store.order(address, { kind: 'transferLeadership', shard: 4, toNodeId: 'n' }, 8, signal);
    await store.order(address, { kind: 'upload' }, 8, signal);
    const [, ...sent] = calls;
    expect(sent.map(({ name }) => name)).toEqual([...orders.map(({ kind }) => kind), 'transferLeadership', 'upload']);
    for (const { request } of sent.slice(0, orders.length))
      expect(request).toMatchObject({ nodeId: 'n', operatorEpoch: 8n });
    expect(sent.at(-2)?.request).toMatchObject({ shardId: 4, toNodeId: 'n' });
  });

  it('may reach an address by another way, which is found once', async () => {
    const { asked, routed } = newRouted();
    expect((await routed.report('10.0.0.1:8082', signal)).name).toBe('links-0');
    await routed.uploads('10.0.0.1:8082', signal);
    expect(asked).toEqual(['10.0.0.1:8082']);
    routed.close();
  });

  it('keeps the connections that were used last', async () => {
    const { asked, routed } = newRouted();
    const pod = (i: number): string => `10.0.0.${i}:8082`;
    for (let i = 0; i < 128; i++) await routed.report(pod(i), signal);
    await routed.report(pod(0), signal);
    await routed.report(pod(128), signal);
    asked.length = 0;
    for (const i of [0, 2, 128, 1]) await routed.report(pod(i), signal);
    expect(asked).toEqual([pod(1)]);
    routed.close();
  });

  it('says whether the cluster refuses or cannot be reached', async () => {
    const refused = store.order(address, { kind: 'removeNode', nodeId: 'n' }, 1, signal);
    await expect(refused).rejects.toMatchObject({ name: 'StoreError', isRefusal: true });
    await expect(refused).rejects.toThrow('somebody else is in charge');
    const nowhere = store.report('127.0.0.1:1', signal);
    await expect(nowhere).rejects.toMatchObject({ name: 'StoreError', isRefusal: false });
  });
});
