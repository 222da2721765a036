// SPDX-License-Identifier: Apache-2.0
import { create } from '@bufbuild/protobuf';
import { status } from '@grpc/grpc-js';
import type { ServiceError as GrpcError } from '@grpc/grpc-js';
import { toHex } from '@shortlink/common/bytes.ts';
import { ServiceError } from '@shortlink/common/errors.ts';
import {
  AdminService as AdminContract,
  GenerationState,
  GetChunksRequestSchema,
  UploadRequestSchema,
  WaitStep,
} from '@shortlink/proto/admin.ts';
import { serviceClient } from '@shortlink/proto/grpc-service.ts';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { chunkObject, digestA, exportSteps } from '../../core/statemachine/testing/lifecycle.ts';
import { fakeServices } from '../testing/api-fixture.ts';
import { asAdmin, asApp, startGrpc } from './testing/grpc-fixture.ts';
import type { GrpcFixture } from './testing/grpc-fixture.ts';

const options = { timeoutMs: 1000 };
let grpc: GrpcFixture;

beforeEach(async () => {
  grpc = await startGrpc();
});
afterEach(async () => grpc.close());

const admin = (fixture = grpc) => serviceClient(AdminContract, fixture.client);
const upload = async (shardId?: number, fixture = grpc) =>
  admin(fixture).upload(create(UploadRequestSchema, shardId === undefined ? {} : { shardId }), asAdmin);

async function createLinks(...codes: readonly string[]): Promise<void> {
  for (const code of codes) await grpc.links.create({ url: 'https://example.org/a', code, creatorId: 'me' }, options);
}

async function failureOf(promise: Promise<unknown>): Promise<GrpcError> {
  return promise.then(
    () => expect.fail('the call succeeded'),
    (error: unknown) => error as GrpcError,
  );
}

test('uploads one shard or all, and says what was sealed', async () => {
  await createLinks('a', 'z');
  expect((await upload(1)).results).toMatchObject([{ shardId: 1, sealedGeneration: 1n, waitForGeneration: 1n }]);
  grpc.shards.failures.set(2, new ServiceError('overloaded', 'the object store is away'));
  const { results } = await upload();
  expect(results).toMatchObject([
    { shardId: 1, waitForGeneration: 1n },
    { shardId: 2, error: { kind: 'overloaded', message: 'the object store is away', retryable: true } },
  ]);
  expect(results[0]?.sealedGeneration).toBeUndefined();
  expect(results[1]?.waitForGeneration).toBeUndefined();
});

test('refuses callers without the scope, unknown shards, and nodes without an object store', async () => {
  const refused = admin().upload(create(UploadRequestSchema), asApp);
  expect((await failureOf(refused)).code).toBe(status.PERMISSION_DENIED);
  expect((await failureOf(upload(9))).code).toBe(status.NOT_FOUND);
  const storeless = await startGrpc({ chunks: fakeServices(false).chunks });
  expect(await failureOf(upload(1, storeless))).toMatchObject({
    code: status.FAILED_PRECONDITION,
    details: expect.stringContaining('set objectStore.url'),
  });
  await storeless.close();
});

test('shows generations, chunks and garbage page by page', async () => {
  await createLinks('a');
  await upload(1);
  await createLinks('b');
  await upload(1);
  const object = chunkObject('chunk-1');
  await grpc.shards.write(1, exportSteps(1, object, [1]), options);
  const retire = { type: 'retire', generation: 1, object: object.name, chunkSetVersion: 0 } as const;
  await grpc.shards.write(1, [retire], options);
  await grpc.shards.write(
    1,
    [
      { type: 'exported', generation: 2, object: chunkObject('lost'), replaces: undefined },
      { type: 'exported', generation: 2, object: chunkObject('chunk-2'), replaces: 'lost' },
      { type: 'digest', generation: 2, replica: 1, digest: digestA },
    ],
    options,
  );
  const first = await admin().getChunks(create(GetChunksRequestSchema, { pageSize: 0 }), asAdmin);
  expect(first).toMatchObject({
    nextPageToken: '',
    shards: [
      { shardId: 1, chunks: [] },
      { shardId: 2, chunks: [] },
    ],
  });
  const { shards } = await admin().getChunks(create(GetChunksRequestSchema, { shardId: 1 }), asAdmin);
  expect(shards).toMatchObject([
    {
      shardId: 1,
      chunkSetVersion: 1n,
      generations: [
        { id: 3n, state: GenerationState.ACTIVE, rows: 0n, votes: [], waitsFor: [] },
        {
          id: 2n,
          state: GenerationState.EXPORTED,
          rows: 1n,
          object: { name: 'chunk-2', sizeBytes: 1000n },
          votes: [{ replicaId: 1n }],
          readBack: false,
          waitsFor: [{ step: WaitStep.READBACK, missing: 1 }],
        },
      ],
      chunkCount: 1n,
      chunkRows: 3n,
      chunkBytes: 1000n,
      garbageCount: 1n,
      chunks: [{ object: { name: 'chunk-1' }, firstGeneration: 1n, addedVersion: 1n, holderNodeIds: ['n1', 'n2'] }],
    },
  ]);
  expect(toHex(shards[0]?.generations[1]?.votes[0]?.digest ?? new Uint8Array())).toBe(digestA);
  const now = BigInt(grpc.shards.nowMs / 1000);
  expect(shards[0]).toMatchObject({ oldestGarbageTime: { seconds: now } });
  expect(shards[0]?.generations[0]?.startTime).toBeUndefined();
  expect(shards[0]?.generations[1]).toMatchObject({ startTime: { seconds: now }, sealTime: { seconds: now } });
  const wrong = admin().getChunks(create(GetChunksRequestSchema, { pageToken: 'x' }), asAdmin);
  expect((await failureOf(wrong)).code).toBe(status.INVALID_ARGUMENT);
});
