// SPDX-License-Identifier: Apache-2.0
import { create, fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import { status } from '@grpc/grpc-js';
import type { Client, ServiceError as GrpcError } from '@grpc/grpc-js';
import { serviceClient } from '@shortlink/proto/grpc-service.ts';
import {
  Health,
  HealthCheckRequestSchema,
  HealthCheckResponse_ServingStatus as ServingStatus,
} from '@shortlink/proto/health.ts';
import type { HealthCheckResponse } from '@shortlink/proto/health.ts';
import { ServerReflection, ServerReflectionRequestSchema } from '@shortlink/proto/reflection.ts';
import { ServerReflection as AlphaReflection } from '@shortlink/proto/reflection-v1alpha.ts';
import { ServerReflectionRequestSchema as AlphaRequestSchema } from '@shortlink/proto/reflection-v1alpha.ts';
import type { ServerReflectionResponse } from '@shortlink/proto/reflection.ts';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { GrpcServer } from './grpc-server.ts';
import { asApp, hear, startGrpc } from './testing/grpc-fixture.ts';

let ready: boolean;
let client: Client;
let server: GrpcServer;
let close: () => Promise<void>;

beforeEach(async () => {
  ready = true;
  ({ client, server, close } = await startGrpc({ isReady: () => ready }));
});
afterEach(async () => close());

async function failureOf(promise: Promise<unknown>): Promise<GrpcError> {
  return promise.then(
    () => expect.fail('the call succeeded'),
    (error: unknown) => error as GrpcError,
  );
}

describe('health and reflection', () => {
  test('health follows readiness, for the server and each service', async () => {
    const health = serviceClient(Health, client);
    const check = async (service: string) => (await health.check(create(HealthCheckRequestSchema, { service }))).status;
    expect(await check('')).toBe(ServingStatus.SERVING);
    ready = false;
    expect(await check('shortlink.kv.v1.KvService')).toBe(ServingStatus.NOT_SERVING);
    expect((await failureOf(check('nobody'))).code).toBe(status.NOT_FOUND);
  });

  test('a watch tells each change, and ends with a drain', async () => {
    const call = serviceClient(Health, client).watch(create(HealthCheckRequestSchema));
    const seen: ServingStatus[] = [];
    call.on('data', (reply: HealthCheckResponse) => {
      seen.push(reply.status);
      ready = false;
    });
    const ended = new Promise((resolve) => call.on('end', resolve));
    await expect.poll(() => seen, { timeout: 5000 }).toEqual([ServingStatus.SERVING, ServingStatus.NOT_SERVING]);
    await server.drain();
    await ended;
  });

  test('a watch of an unknown service says so, and one watcher too many is turned away', async () => {
    const other = await startGrpc({ limits: { maxWatchers: 1 } });
    const watch = (service: string) => {
      return serviceClient(Health, other.client).watch(create(HealthCheckRequestSchema, { service }));
    };
    const first = watch('nobody');
    const seen: ServingStatus[] = [];
    first.on('data', (reply: HealthCheckResponse) => seen.push(reply.status));
    const left = new Promise<GrpcError>((resolve) => first.on('error', (error) => resolve(error as GrpcError)));
    await expect.poll(() => seen).toEqual([ServingStatus.SERVICE_UNKNOWN]);
    const second = watch('');
    second.resume();
    const refused = new Promise<GrpcError>((resolve) => second.on('error', (error) => resolve(error as GrpcError)));
    expect((await refused).code).toBe(status.RESOURCE_EXHAUSTED);
    await other.close();
    await left;
  });

  test('reflection lists the services and gives files with all they import', async () => {
    const call = serviceClient(ServerReflection, client).serverReflectionInfo(asApp);
    const replies: ServerReflectionResponse[] = [];
    call.on('data', (reply: ServerReflectionResponse) => replies.push(reply));
    const ended = new Promise((resolve) => call.on('end', resolve));
    for (const messageRequest of [
      { case: 'listServices', value: '' },
      { case: 'fileContainingSymbol', value: 'shortlink.links.v1.LinksService.CreateLink' },
      { case: 'fileByFilename', value: 'shortlink/kv/v1/kv.proto' },
      { case: 'fileContainingSymbol', value: 'nobody.Nothing' },
    ] as const) {
      call.write(create(ServerReflectionRequestSchema, { messageRequest }));
    }
    call.end();
    await ended;
    const [list, byClass, byFile, unknown] = replies.map((reply) => reply.messageResponse);
    expect(list?.case === 'listServicesResponse' ? list.value.service.map(({ name }) => name) : []).toContain(
      'shortlink.admin.v1.AdminService',
    );
    const filesOf = (reply: typeof byClass) => {
      if (reply?.case !== 'fileDescriptorResponse') return [];
      return reply.value.fileDescriptorProto.map((file) => fromBinary(FileDescriptorProtoSchema, file).name);
    };
    expect(filesOf(byClass).sort()).toEqual([
      'google/protobuf/timestamp.proto',
      'shortlink/links/v1/links.proto',
      'shortlink/types/v1/types.proto',
    ]);
    expect(filesOf(byFile)).toContain('shortlink/kv/v1/kv.proto');
    expect(unknown?.case).toBe('errorResponse');
  });

  test('v1alpha answers the same', async () => {
    const call = serviceClient(AlphaReflection, client).serverReflectionInfo(asApp);
    const { replies, ended } = hear(call);
    call.end(create(AlphaRequestSchema, { messageRequest: { case: 'listServices', value: '' } }));
    expect(await ended).toBeUndefined();
    const [list] = replies.map(({ messageResponse }) => messageResponse);
    const names = list?.case === 'listServicesResponse' ? list.value.service.map(({ name }) => name) : [];
    expect(names).toContain('shortlink.kv.v1.KvService');
  });

  test('reflection wants a token', async () => {
    const { ended } = hear(serviceClient(ServerReflection, client).serverReflectionInfo());
    expect((await ended)?.code).toBe(status.UNAUTHENTICATED);
  });
});
