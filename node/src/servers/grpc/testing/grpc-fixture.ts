// SPDX-License-Identifier: Apache-2.0
import { Client, credentials, Metadata } from '@grpc/grpc-js';
import type { ChannelCredentials, ClientDuplexStream, ServiceError as GrpcError } from '@grpc/grpc-js';
import { noMetrics } from '../../../telemetry/sink.ts';
import { newAuthenticator } from '../../auth.ts';
import { adminToken, apiToken, fakeServices, testTokens } from '../../testing/api-fixture.ts';
import { GrpcServer } from '../grpc-server.ts';
import type { GrpcServerOptions } from '../grpc-server.ts';

/** A server over a fake cluster of two shards, split at "i", on a free port of the loopback, and a client of it. */
export interface GrpcFixture extends ReturnType<typeof fakeServices> {
  readonly server: GrpcServer;
  readonly client: Client;
  readonly port: number;
  readonly errors: unknown[];
  /** What the server's clocks add to the machine's. */
  readonly clock: { aheadMs: number };
  close(): Promise<void>;
}

export interface FixtureOptions extends Partial<GrpcServerOptions> {
  readonly channel?: ChannelCredentials;
}

export async function startGrpc({ channel, ...options }: FixtureOptions = {}): Promise<GrpcFixture> {
  const services = fakeServices();
  const errors: unknown[] = [];
  const clock = { aheadMs: 0 };
  const server = new GrpcServer({
    ...services,
    authenticator: newAuthenticator(() => testTokens),
    metrics: noMetrics,
    clock: { nowMs: () => Date.now() + clock.aheadMs, monotonicMs: () => performance.now() + clock.aheadMs },
    timeoutMs: 5000,
    isReady: () => true,
    onError: (error) => errors.push(error),
    ...options,
  });
  const { port } = await server.listen({ host: '127.0.0.1', port: 0 });
  const client = new Client(`127.0.0.1:${port}`, channel ?? credentials.createInsecure());
  const close = async (): Promise<void> => {
    client.close();
    await server.close();
  };
  return { ...services, server, client, port, errors, clock, close };
}

export function withToken(token: string): { readonly metadata: Metadata } {
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${token}`);
  return { metadata };
}

export const asApp = withToken(apiToken);
export const asAdmin = withToken(adminToken);

/** What a stream has answered so far, and how it ended. */
export interface Heard<O> {
  readonly replies: O[];
  /** Undefined: without an error. */
  readonly ended: Promise<GrpcError | undefined>;
}

export function hear<I, O>(call: ClientDuplexStream<I, O>): Heard<O> {
  const replies: O[] = [];
  call.on('data', (reply: O) => replies.push(reply));
  const ended = new Promise<GrpcError | undefined>((resolve) => {
    call.on('end', () => resolve(undefined));
    call.on('error', (error) => resolve(error as GrpcError));
  });
  return { replies, ended };
}
