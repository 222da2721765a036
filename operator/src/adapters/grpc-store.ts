// SPDX-License-Identifier: Apache-2.0
import { create } from '@bufbuild/protobuf';
import { Client, Metadata, status } from '@grpc/grpc-js';
import type { ChannelCredentials, ChannelOptions, ServiceError } from '@grpc/grpc-js';
import {
  AdminService,
  CancelRemoveNodeRequestSchema,
  GetChunksRequestSchema,
  GetStatusRequestSchema,
  HastenNodeRequestSchema,
  HoldNodeRequestSchema,
  ReleaseNodeRequestSchema,
  RemoveNodeRequestSchema,
  TakeOperatorEpochRequestSchema,
  TransferLeadershipRequestSchema,
} from '@shortlink/proto/admin.ts';
import { serviceClient, type ServiceClient } from '@shortlink/proto/grpc-service.ts';
import type { NodeReport, StoreApi, StoreOrder, UploadReport } from '../ports/store-api.ts';
import { StoreError } from '../ports/store-api.ts';
import { nodeReport, uploadReport } from './store-messages.ts';
import { UploadOrder } from './upload-order.ts';

const callTimeoutMs = 5_000;
/** Statuses of large clusters; a thousand shards take some 300 KB. */
const maxReceiveBytes = 16 * 1024 * 1024;

type Admin = ServiceClient<typeof AdminService>;
interface CallOptions {
  readonly metadata: Metadata;
  readonly deadline: number;
}

/** Twice as many as a cluster has nodes: a pod that is made anew has another address. */
const maxConnections = 128;

/** Where the connection to an address really goes. */
export interface Route {
  readonly target: string;
  readonly options?: ChannelOptions;
}

type FindRoute = (address: string, signal: AbortSignal) => Promise<Route>;

const straight: FindRoute = (address) => Promise.resolve({ target: address });

/** The admin service of the nodes of one cluster. A connection an address, of which those that are used last are kept. */
export class GrpcStore implements StoreApi {
  readonly #clients = new Map<string, { readonly client: Client; readonly admin: Admin }>();
  readonly #credentials: ChannelCredentials;
  readonly #token: (signal: AbortSignal) => Promise<string>;
  readonly #routeTo: FindRoute;
  readonly #uploads = new UploadOrder();

  /** `token`: of scope admin, asked for before each call, as it may change. */
  constructor(
    credentials: ChannelCredentials,
    token: (signal: AbortSignal) => Promise<string>,
    routeTo: FindRoute = straight,
  ) {
    this.#credentials = credentials;
    this.#token = token;
    this.#routeTo = routeTo;
  }

  async report(address: string, signal: AbortSignal): Promise<NodeReport> {
    return this.#call(address, signal, async (admin, options) =>
      nodeReport(await admin.getStatus(create(GetStatusRequestSchema), options)),
    );
  }

  async uploads(address: string, signal: AbortSignal): Promise<readonly UploadReport[]> {
    return this.#call(address, signal, async (admin, options) => {
      const { shards } = await admin.getChunks(create(GetChunksRequestSchema, { pageSize: 0 }), options);
      return shards.map(uploadReport);
    });
  }

  async takeEpoch(address: string, signal: AbortSignal): Promise<number> {
    return this.#call(address, signal, async (admin, options) => {
      const { operatorEpoch } = await admin.takeOperatorEpoch(create(TakeOperatorEpochRequestSchema), options);
      return Number(operatorEpoch);
    });
  }

  async order(address: string, order: StoreOrder, epoch: number, signal: AbortSignal): Promise<void> {
    await this.#call(address, signal, async (admin, options) => {
      if (order.kind === 'upload') await this.#uploads.give(admin, options);
      else await send(admin, order, BigInt(epoch), options);
    });
  }

  close(): void {
    for (const { client } of this.#clients.values()) client.close();
    this.#clients.clear();
  }

  async #call<T>(
    address: string,
    signal: AbortSignal,
    run: (admin: Admin, options: CallOptions) => Promise<T>,
  ): Promise<T> {
    signal.throwIfAborted();
    const metadata = new Metadata();
    metadata.set('authorization', `Bearer ${await this.#token(signal)}`);
    try {
      return await run(await this.#adminOf(address, signal), { metadata, deadline: Date.now() + callTimeoutMs });
    } catch (error) {
      throw storeError(error, address);
    }
  }

  async #adminOf(address: string, signal: AbortSignal): Promise<Admin> {
    const known = this.#clients.get(address);
    if (known !== undefined) {
      // Those that are used last are at the end.
      this.#clients.delete(address);
      this.#clients.set(address, known);
      return known.admin;
    }
    const { target, options } = await this.#routeTo(address, signal);
    const limits = { 'grpc.max_receive_message_length': maxReceiveBytes };
    const client = new Client(target, this.#credentials, { ...limits, ...options });
    const admin = serviceClient(AdminService, client);
    this.#clients.get(address)?.client.close();
    this.#clients.set(address, { client, admin });
    this.#closeOldest();
    return admin;
  }

  #closeOldest(): void {
    const [oldest] = this.#clients;
    if (oldest === undefined || this.#clients.size <= maxConnections) return;
    const [address, { client }] = oldest;
    this.#clients.delete(address);
    client.close();
  }
}

async function send(
  admin: Admin,
  order: Exclude<StoreOrder, { kind: 'upload' }>,
  operatorEpoch: bigint,
  options: CallOptions,
): Promise<unknown> {
  switch (order.kind) {
    case 'holdNode': {
      const { nodeId, durationMs } = order;
      const request = { nodeId, operatorEpoch, durationMs: BigInt(durationMs) };
      return admin.holdNode(create(HoldNodeRequestSchema, request), options);
    }
    case 'releaseNode':
      return admin.releaseNode(create(ReleaseNodeRequestSchema, { nodeId: order.nodeId, operatorEpoch }), options);
    case 'hastenNode':
      return admin.hastenNode(create(HastenNodeRequestSchema, { nodeId: order.nodeId, operatorEpoch }), options);
    case 'removeNode':
      return admin.removeNode(create(RemoveNodeRequestSchema, { nodeId: order.nodeId, operatorEpoch }), options);
    case 'cancelRemoveNode': {
      const request = { nodeId: order.nodeId, operatorEpoch };
      return admin.cancelRemoveNode(create(CancelRemoveNodeRequestSchema, request), options);
    }
    case 'transferLeadership': {
      const request = { shardId: order.shard, toNodeId: order.toNodeId };
      return admin.transferLeadership(create(TransferLeadershipRequestSchema, request), options);
    }
  }
}

function storeError(error: unknown, address: string): unknown {
  if (!isServiceError(error)) return error;
  const isRefusal = error.code === status.FAILED_PRECONDITION || error.code === status.INVALID_ARGUMENT;
  return new StoreError(`${address}: ${error.details}`, isRefusal, { cause: error });
}

function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && 'code' in error && 'details' in error;
}
