// SPDX-License-Identifier: Apache-2.0
import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { Client, credentials, Metadata, status } from '@grpc/grpc-js';
import { serviceClient, type ServiceClient } from '@shortlink/proto/grpc-service.ts';
import {
  DeleteRequestSchema,
  GetRequestSchema,
  KvService,
  PutRequestSchema,
  StreamRangeRequestSchema,
  type DeleteRequest,
  type GetRequest,
  type PutRequest,
  type StreamRangeRequest,
} from '@shortlink/proto/kv.ts';
import { apiOf } from './client-flags.ts';
import { readCluster } from './cluster-view.ts';
import { CliError, type ExitName } from '@shortlink/common/cli/exit-codes.ts';
import { textOf } from '@shortlink/common/cli/json.ts';

export interface KvFlags {
  readonly grpc: readonly string[];
  readonly api: readonly string[];
  readonly token: string | undefined;
  readonly timeout: number;
}

export interface KvCall {
  readonly client: ServiceClient<typeof KvService>;
  readonly options: { readonly deadline: number; readonly metadata: Metadata };
}

const exits: Readonly<Partial<Record<status, ExitName>>> = {
  [status.NOT_FOUND]: 'notFound',
  [status.ALREADY_EXISTS]: 'conflict',
  [status.FAILED_PRECONDITION]: 'conflict',
  [status.INVALID_ARGUMENT]: 'usage',
  [status.DEADLINE_EXCEEDED]: 'unavailable',
  [status.RESOURCE_EXHAUSTED]: 'unavailable',
  [status.UNAVAILABLE]: 'unavailable',
};

/** Calls a node, and the next one when it cannot be reached or cannot answer. Mutations must carry an idempotency key. */
export async function withKv<T>(flags: KvFlags, run: (call: KvCall) => Promise<T>): Promise<T> {
  const deadline = Date.now() + flags.timeout;
  const metadata = new Metadata();
  if (flags.token !== undefined) metadata.set('authorization', `Bearer ${flags.token}`);
  const addresses = flags.grpc.length > 0 ? flags.grpc : await grpcAddresses(flags);
  let last = new CliError('unavailable', 'the cluster names no gRPC address');
  for (const address of addresses) {
    const client = new Client(address, credentials.createInsecure());
    try {
      return await run({ client: serviceClient(KvService, client), options: { deadline, metadata } });
    } catch (error) {
      last = asCliError(error, address);
      if (last.exit !== 'unavailable') throw last;
    } finally {
      client.close();
    }
  }
  throw last;
}

async function grpcAddresses(flags: KvFlags): Promise<string[]> {
  const cluster = await readCluster(apiOf(flags));
  return cluster.nodes.flatMap((node) => textOf(node.addresses['grpc']) ?? []);
}

function asCliError(error: unknown, address: string): CliError {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'number') throw error;
  const exit = Object.entries(exits).find(([code]) => Number(code) === error.code)?.[1];
  const details = 'details' in error && typeof error.details === 'string' ? error.details : error.message;
  return new CliError(exit ?? 'failed', `${address}: ${details}`, { cause: error });
}

export function newGet(fields: MessageInitShape<typeof GetRequestSchema>): GetRequest {
  return create(GetRequestSchema, fields);
}

export function newPut(fields: MessageInitShape<typeof PutRequestSchema>): PutRequest {
  return create(PutRequestSchema, fields);
}

export function newDelete(fields: MessageInitShape<typeof DeleteRequestSchema>): DeleteRequest {
  return create(DeleteRequestSchema, fields);
}

export function newStreamRange(fields: MessageInitShape<typeof StreamRangeRequestSchema>): StreamRangeRequest {
  return create(StreamRangeRequestSchema, fields);
}
