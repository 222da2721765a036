// SPDX-License-Identifier: Apache-2.0
import { Server, ServerCredentials } from '@grpc/grpc-js';
import type { DescService } from '@bufbuild/protobuf';
import { limits } from '@shortlink/common/limits.ts';
import { AdminService as AdminContract } from '@shortlink/proto/admin.ts';
import { addService } from '@shortlink/proto/grpc-service.ts';
import { Health } from '@shortlink/proto/health.ts';
import { KvService as KvContract } from '@shortlink/proto/kv.ts';
import { LinksService as LinksContract } from '@shortlink/proto/links.ts';
import { ServerReflection } from '@shortlink/proto/reflection.ts';
import { ServerReflection as AlphaReflection } from '@shortlink/proto/reflection-v1alpha.ts';
import { formatHostPort } from '../../config/addresses.ts';
import type { HostPort } from '../../config/addresses.ts';
import type { Clock } from '../../ports/clock.ts';
import type { AdminService } from '../../services/admin.ts';
import type { KvService } from '../../services/kv.ts';
import type { LinksService } from '../../services/links.ts';
import type { MetricsSink } from '../../telemetry/sink.ts';
import type { Authenticator } from '../auth.ts';
import { adminHandlers } from './admin-handlers.ts';
import type { GrpcContext, OpenStream } from './call-context.ts';
import { healthHandlers } from './health-handlers.ts';
import { kvHandlers } from './kv-handlers.ts';
import { linksHandlers } from './links-handlers.ts';
import { reflectionHandlers } from './reflection-handlers.ts';

export interface GrpcServerOptions {
  readonly links: LinksService;
  readonly kv: KvService;
  readonly admin: AdminService;
  readonly authenticator: Authenticator;
  readonly metrics: MetricsSink;
  readonly clock: Clock;
  /** Time of a call, or of one message of a stream, unless the client's deadline is shorter. */
  readonly timeoutMs: number;
  /** What the health service says. */
  readonly isReady: () => boolean;
  /** Without them the listener speaks without TLS. */
  readonly credentials?: ServerCredentials | undefined;
  /** A defect; the client was answered with INTERNAL. */
  readonly onError: (error: unknown) => void;
}

const maxConcurrentStreams = 1000;
const contracts: readonly DescService[] = [LinksContract, KvContract, AdminContract];

/** The gRPC API on its own listener. */
export class GrpcServer {
  readonly #server: Server;
  readonly #credentials: ServerCredentials;
  readonly #streams = new Set<OpenStream>();
  #draining = false;

  constructor(options: GrpcServerOptions) {
    const { links, kv, admin, isReady } = options;
    const context: GrpcContext = { ...options, streams: this.#streams };
    this.#credentials = options.credentials ?? ServerCredentials.createInsecure();
    this.#server = new Server({
      'grpc.max_receive_message_length': limits.httpBodyMaxBytes,
      'grpc.max_send_message_length': -1,
      'grpc.max_concurrent_streams': maxConcurrentStreams,
      'grpc.keepalive_time_ms': 30_000,
      'grpc.keepalive_timeout_ms': 10_000,
    });
    addService(this.#server, LinksContract, linksHandlers(context, links));
    addService(this.#server, KvContract, kvHandlers(context, kv));
    addService(this.#server, AdminContract, adminHandlers(context, admin));
    const health = healthHandlers({
      isServing: () => isReady() && !this.#draining,
      services: contracts.map(({ typeName }) => typeName),
      streams: this.#streams,
    });
    addService(this.#server, Health, health);
    const reflection = reflectionHandlers([...contracts, Health, ServerReflection, AlphaReflection]);
    addService(this.#server, ServerReflection, reflection.v1);
    addService(this.#server, AlphaReflection, reflection.v1alpha);
  }

  /** Resolves with the address that is bound. Rejects when it cannot be. */
  async listen(address: HostPort): Promise<HostPort> {
    const port = await new Promise<number>((resolve, reject) => {
      this.#server.bindAsync(formatHostPort(address), this.#credentials, (error, bound) => {
        if (error === null) resolve(bound);
        else reject(error);
      });
    });
    return { host: address.host, port };
  }

  /** Stops accepting, answers what was asked, ends the streams. Resolves when all calls have ended. */
  async drain(): Promise<void> {
    this.#draining = true;
    const ended = new Promise<void>((resolve) => this.#server.tryShutdown(() => resolve()));
    for (const stream of this.#streams) stream.drain();
    await ended;
  }

  /** Ends at once. */
  close(): void {
    this.#server.forceShutdown();
  }
}
