// SPDX-License-Identifier: Apache-2.0
import { create } from '@bufbuild/protobuf';
import { status } from '@grpc/grpc-js';
import type { ServerWritableStream } from '@grpc/grpc-js';
import {
  HealthCheckRequestSchema,
  HealthCheckResponse_ServingStatus as ServingStatus,
  HealthCheckResponseSchema,
} from '@shortlink/proto/health.ts';
import type { Health } from '@shortlink/proto/health.ts';
import { ServiceError } from '@shortlink/common/errors.ts';
import type { GrpcContext, OpenStream } from './call-context.ts';
import { publicError } from './call-context.ts';
import { statusOf } from './grpc-errors.ts';
import { decodeMessage, encodeMessage } from './raw-service.ts';
import type { RawHandlers } from './raw-service.ts';

export interface HealthOptions {
  readonly isServing: () => boolean;
  /** Full names of the services that share this health; the empty name is the server's own. */
  readonly services: readonly string[];
}

const watchIntervalMs = 500;

/** grpc.health.v1. Open without a token: probes have none. */
export function healthHandlers(
  context: GrpcContext,
  { isServing, services }: HealthOptions,
): RawHandlers<typeof Health> {
  const known = new Set(['', ...services]);
  const watchers = new Watchers((service) => {
    if (!known.has(service)) return ServingStatus.SERVICE_UNKNOWN;
    return isServing() ? ServingStatus.SERVING : ServingStatus.NOT_SERVING;
  });
  return {
    check: (call, done) => {
      try {
        const { service } = decodeMessage(HealthCheckRequestSchema, call.request);
        if (known.has(service)) done(null, encodeStatus(watchers.statusOf(service)));
        else done({ code: status.NOT_FOUND, details: 'there is no such service' });
      } catch (error) {
        done(statusOf(publicError(context, error)));
      }
    },
    watch: (call) => {
      try {
        if (watchers.count >= context.limits.maxWatchers) {
          throw new ServiceError('overloaded', 'too many watch the health of this node');
        }
        watchers.add(call, decodeMessage(HealthCheckRequestSchema, call.request).service, context.streams);
      } catch (error) {
        call.emit('error', statusOf(publicError(context, error)));
      }
    },
  };
}

interface Watcher {
  readonly tell: () => void;
}

/** One timer for all who watch, and none while nobody does. */
class Watchers {
  readonly statusOf: (service: string) => ServingStatus;
  readonly #watchers = new Set<Watcher>();
  #timer: NodeJS.Timeout | undefined;

  constructor(statusOfService: (service: string) => ServingStatus) {
    this.statusOf = statusOfService;
  }

  get count(): number {
    return this.#watchers.size;
  }

  add(call: ServerWritableStream<Buffer, Buffer>, service: string, streams: Set<OpenStream>): void {
    let last: ServingStatus | undefined;
    const tell = (): void => {
      const current = this.statusOf(service);
      if (current === last) return;
      last = current;
      call.write(encodeStatus(current));
    };
    const watcher = { tell };
    const stream: OpenStream = {
      drain: () => {
        tell();
        call.end();
      },
    };
    streams.add(stream);
    this.#watchers.add(watcher);
    this.#timer ??= setInterval(() => this.#tellAll(), watchIntervalMs);
    call.on('cancelled', () => {
      streams.delete(stream);
      this.#remove(watcher);
    });
    tell();
  }

  #tellAll(): void {
    for (const { tell } of this.#watchers) tell();
  }

  #remove(watcher: Watcher): void {
    this.#watchers.delete(watcher);
    if (this.#watchers.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

function encodeStatus(current: ServingStatus): Buffer {
  return encodeMessage(HealthCheckResponseSchema, create(HealthCheckResponseSchema, { status: current }));
}
