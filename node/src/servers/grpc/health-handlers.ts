// SPDX-License-Identifier: Apache-2.0
import { create } from '@bufbuild/protobuf';
import { status } from '@grpc/grpc-js';
import type { ServiceHandlers } from '@shortlink/proto/grpc-service.ts';
import {
  HealthCheckResponse_ServingStatus as ServingStatus,
  HealthCheckResponseSchema,
} from '@shortlink/proto/health.ts';
import type { Health } from '@shortlink/proto/health.ts';
import type { OpenStream } from './call-context.ts';

const watchIntervalMs = 500;

export interface HealthOptions {
  readonly isServing: () => boolean;
  /** Full names of the services that share this health; the empty name is the server's own. */
  readonly services: readonly string[];
  readonly streams: Set<OpenStream>;
}

/** grpc.health.v1. Open without a token: probes have none. */
export function healthHandlers({ isServing, services, streams }: HealthOptions): ServiceHandlers<typeof Health> {
  const known = new Set(['', ...services]);
  const now = () => (isServing() ? ServingStatus.SERVING : ServingStatus.NOT_SERVING);
  return {
    check: (call, done) => {
      const { service } = call.request;
      if (known.has(service)) done(null, create(HealthCheckResponseSchema, { status: now() }));
      else done({ code: status.NOT_FOUND, details: `there is no service ${service}` });
    },
    watch: (call) => {
      const { service } = call.request;
      let last: ServingStatus | undefined;
      const tell = (): void => {
        const current = known.has(service) ? now() : ServingStatus.SERVICE_UNKNOWN;
        if (current === last) return;
        last = current;
        call.write(create(HealthCheckResponseSchema, { status: current }));
      };
      const timer = setInterval(tell, watchIntervalMs);
      const stop = (): void => {
        clearInterval(timer);
        streams.delete(stream);
      };
      const stream: OpenStream = {
        drain: () => {
          tell();
          stop();
          call.end();
        },
      };
      streams.add(stream);
      call.on('cancelled', stop);
      call.on('error', stop);
      tell();
    },
  };
}
