// SPDX-License-Identifier: Apache-2.0
import type { ServerDuplexStream, ServerUnaryCall, ServerWritableStream } from '@grpc/grpc-js';
import { ServiceError } from '@shortlink/common/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import type { MetricsSink } from '../../telemetry/sink.ts';
import type { Authenticator, Scope } from '../auth.ts';
import { errorKinds } from '@shortlink/common/errors.ts';

/** What every handler shares. */
export interface GrpcContext {
  readonly authenticator: Authenticator;
  readonly metrics: MetricsSink;
  readonly clock: Clock;
  /** Time of a call, or of one message of a stream, unless the client's deadline is shorter. */
  readonly timeoutMs: number;
  /** A defect; the client was answered with INTERNAL. */
  readonly onError: (error: unknown) => void;
  /** Calls that last, so that a drain can end them. */
  readonly streams: Set<OpenStream>;
}

export interface OpenStream {
  /** Answers what was asked and ends. */
  drain(): void;
}

type AnyCall =
  | ServerUnaryCall<unknown, unknown>
  | ServerWritableStream<unknown, unknown>
  | ServerDuplexStream<unknown, unknown>;

/** @throws ServiceError unauthenticated or forbidden */
export function authorize({ authenticator }: GrpcContext, call: AnyCall, scope: Scope): void {
  const [authorization] = call.metadata.get('authorization');
  const result = authenticator.authenticate(
    {
      authorization: typeof authorization === 'string' ? authorization : undefined,
      hasClientCertificate: call.getAuthContext().sslPeerCertificate !== undefined,
    },
    scope,
  );
  if (result.kind === 'unauthenticated')
    throw new ServiceError('unauthenticated', 'send the metadata authorization: Bearer and a valid token');
  if (result.kind === 'forbidden') throw new ServiceError('forbidden', `a token of scope ${scope} is needed`);
}

/** What is left of the call's time. @throws ServiceError timeout when nothing is. */
export function timeLeftMs({ clock, timeoutMs }: GrpcContext, call: AnyCall): number {
  const deadline = call.getDeadline();
  const leftMs = Math.min(timeoutMs, (typeof deadline === 'number' ? deadline : deadline.getTime()) - clock.nowMs());
  if (leftMs <= 0) throw new ServiceError('timeout', 'the deadline passed before anything was done');
  return leftMs;
}

/** Counts an answer; `error` undefined: it succeeded. */
export function countAnswer({ metrics }: GrpcContext, startMs: number, error: ServiceError | undefined): void {
  const outcome = error === undefined ? 'ok' : errorKinds[error.kind].http < 500 ? 'clientError' : 'serverError';
  metrics.add('shortlink_node_api_requests_total', 1, { transport: 'grpc', outcome });
  metrics.observe('shortlink_node_api_request_seconds', (performance.now() - startMs) / 1000, { transport: 'grpc' });
}
