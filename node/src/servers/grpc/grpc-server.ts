// SPDX-License-Identifier: Apache-2.0
import { createServer } from 'node:net';
import type { Server as NetServer, Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import type { SecureContextOptions, Server as TlsServer, TlsOptions } from 'node:tls';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import type { ConnectionInjector, ServerInterceptor } from '@grpc/grpc-js';
import { AdminService as AdminContract } from '@shortlink/proto/admin.ts';
import { Health } from '@shortlink/proto/health.ts';
import { KvService as KvContract } from '@shortlink/proto/kv.ts';
import { LinksService as LinksContract } from '@shortlink/proto/links.ts';
import { ServerReflection } from '@shortlink/proto/reflection.ts';
import { ServerReflection as AlphaReflection } from '@shortlink/proto/reflection-v1alpha.ts';
import type { HostPort } from '@shortlink/common/host-port.ts';
import type { Clock } from '../../ports/clock.ts';
import type { AdminService } from '../../services/admin.ts';
import type { ChunkService } from '../../services/chunks.ts';
import type { KvService } from '../../services/kv.ts';
import type { LinksService } from '../../services/links.ts';
import type { MetricsSink } from '../../telemetry/sink.ts';
import type { Authenticator, Scope } from '../auth.ts';
import { boundAddress, listen } from '../listen.ts';
import { adminHandlers } from './admin-handlers.ts';
import { authorization } from './authorization.ts';
import type { GrpcContext, OpenStream } from './call-context.ts';
import { chunkHandlers } from './chunk-handlers.ts';
import { defaultGrpcLimits } from './grpc-limits.ts';
import type { GrpcLimits } from './grpc-limits.ts';
import { healthHandlers } from './health-handlers.ts';
import { kvHandlers } from './kv-handlers.ts';
import { linksHandlers } from './links-handlers.ts';
import { addRawService } from './raw-service.ts';
import { reflectionHandlers } from './reflection-handlers.ts';
import { writeAhead } from './write-ahead.ts';

export interface GrpcServerOptions {
  readonly links: LinksService;
  readonly kv: KvService;
  readonly admin: AdminService;
  readonly chunks: ChunkService;
  readonly authenticator: Authenticator;
  readonly metrics: MetricsSink;
  readonly clock: Clock;
  /** Time of a call, or of one message of a stream, unless the client's deadline is shorter. */
  readonly timeoutMs: number;
  /** What the health service says while the node is not draining. */
  readonly isReady: () => boolean;
  /** With it the listener speaks TLS; `requestCert` and `ca` let clients show certificates. */
  readonly tls?: TlsOptions | undefined;
  readonly limits?: Partial<GrpcLimits> | undefined;
  /** A defect; the client was answered with INTERNAL. */
  readonly onError: (error: unknown) => void;
}

const handshakeTimeoutMs = 10_000;
/** A connection without a call is given up; clients dial again by themselves. */
const connectionIdleMs = 10 * 60_000;
const keepaliveTimeMs = 30_000;
const keepaliveTimeoutMs = 10_000;

const contracts = [LinksContract, KvContract, AdminContract] as const;
const scopes: ReadonlyMap<string, Scope | undefined> = new Map<string, Scope | undefined>([
  [AdminContract.typeName, 'admin'],
  [Health.typeName, undefined],
]);

/** The gRPC API on its own listener: links.v1, kv.v1, admin.v1, health and reflection. */
export class GrpcServer {
  readonly #grpc: Server;
  readonly #injector: ConnectionInjector;
  readonly #listener: NetServer | TlsServer;
  readonly #streams = new Set<OpenStream>();
  readonly #sockets = new Set<Socket>();
  #draining = false;

  constructor(options: GrpcServerOptions) {
    const { links, kv, admin, chunks, tls, authenticator } = options;
    const limits = { ...defaultGrpcLimits, ...options.limits };
    const context: GrpcContext = { ...options, limits, streams: this.#streams };
    this.#grpc = new Server({
      'grpc.max_receive_message_length': limits.messageMaxBytes,
      'grpc.max_send_message_length': -1,
      'grpc.max_concurrent_streams': limits.callsPerConnectionMax,
      'grpc.max_connection_idle_ms': connectionIdleMs,
      'grpc.keepalive_time_ms': keepaliveTimeMs,
      'grpc.keepalive_timeout_ms': keepaliveTimeoutMs,
      'grpc.enable_channelz': 0,
      interceptors: [guardedCalls(authenticator)],
    });
    addRawService(this.#grpc, LinksContract, linksHandlers(context, links));
    addRawService(this.#grpc, KvContract, kvHandlers(context, kv));
    addRawService(this.#grpc, AdminContract, { ...adminHandlers(context, admin), ...chunkHandlers(context, chunks) });
    const health = { isServing: () => options.isReady() && !this.#draining, services: contracts.map(nameOf) };
    addRawService(this.#grpc, Health, healthHandlers(context, health));
    const reflection = reflectionHandlers([...contracts, Health, ServerReflection, AlphaReflection]);
    addRawService(this.#grpc, ServerReflection, reflection);
    addRawService(this.#grpc, AlphaReflection, { serverReflectionInfo: reflection.serverReflectionInfo });

    // A listener of our own: gRPC's has no limit of connections, and demands a certificate wherever it accepts one.
    this.#injector = this.#grpc.createConnectionInjector(ServerCredentials.createInsecure());
    const inject = (socket: Socket): void => {
      socket.setNoDelay(true);
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
      this.#injector.injectConnection(socket);
    };
    this.#listener =
      tls === undefined
        ? createServer(inject)
        : createTlsServer({ ...tls, ALPNProtocols: ['h2'], handshakeTimeout: handshakeTimeoutMs }, inject);
    this.#listener.maxConnections = limits.maxConnections;
  }

  /** Resolves with the address that is bound. Rejects when it cannot be. */
  async listen(address: HostPort): Promise<HostPort> {
    await listen(this.#listener, address);
    return boundAddress(this.#listener);
  }

  /** New connections are shown this certificate; those that are open stay. Without TLS it does nothing. */
  useCertificate(context: SecureContextOptions): void {
    if ('setSecureContext' in this.#listener) this.#listener.setSecureContext(context);
  }

  /** Stops accepting, answers what was asked, ends the streams. Resolves when all calls have ended. */
  async drain(): Promise<void> {
    this.#draining = true;
    const closed = this.#closeListener();
    const ended = new Promise<void>((resolve) => this.#grpc.tryShutdown(() => resolve()));
    for (const stream of this.#streams) stream.drain();
    await ended;
    await closed;
  }

  /** Ends at once. Resolves when the port is free. */
  async close(): Promise<void> {
    this.#draining = true;
    const closed = this.#closeListener();
    this.#grpc.forceShutdown();
    // gRPC waits for clients to close their side, which they may never do.
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  async #closeListener(): Promise<void> {
    // What it says of a listener that was closed before, or never listened, does not matter.
    await new Promise<void>((resolve) => this.#listener.close(() => resolve()));
  }
}

/** One layer around each call: every layer costs each message of a stream. */
function guardedCalls(authenticator: Authenticator): ServerInterceptor {
  const guard = authorization(authenticator, (service) => (scopes.has(service) ? scopes.get(service) : 'api'));
  return (method, call) => guard(method, method.responseStream ? writeAhead(call) : call);
}

function nameOf({ typeName }: { readonly typeName: string }): string {
  return typeName;
}
