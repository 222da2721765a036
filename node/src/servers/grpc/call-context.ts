// SPDX-License-Identifier: Apache-2.0
import { errorKinds, ServiceError } from '@shortlink/common/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import type { MetricsSink } from '../../telemetry/sink.ts';
import { asPublicError } from './grpc-errors.ts';
import type { GrpcLimits } from './grpc-limits.ts';

/** What every handler shares. */
export interface GrpcContext {
  readonly metrics: MetricsSink;
  readonly clock: Clock;
  readonly limits: GrpcLimits;
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

interface Deadline {
  getDeadline(): Date | number;
}

/** What is left of the call's time. @throws ServiceError timeout when nothing is. */
export function timeLeftMs({ clock, timeoutMs }: GrpcContext, call: Deadline): number {
  const deadline = call.getDeadline();
  // Most calls name none, and asking for the time costs more than this comparison.
  if (deadline === Number.POSITIVE_INFINITY) return timeoutMs;
  const leftMs = Number(deadline) - clock.nowMs();
  if (leftMs <= 0) throw new ServiceError('timeout', 'the deadline passed before anything was done');
  return Math.min(timeoutMs, leftMs);
}

/** Counts an answer; `error` undefined: it succeeded. */
export function countAnswer({ metrics, clock }: GrpcContext, startedMs: number, error: ServiceError | undefined): void {
  const outcome = error === undefined ? 'ok' : errorKinds[error.kind].http < 500 ? 'clientError' : 'serverError';
  metrics.add('shortlink_node_api_requests_total', 1, { transport: 'grpc', outcome });
  const seconds = (clock.monotonicMs() - startedMs) / 1000;
  metrics.observe('shortlink_node_api_request_seconds', seconds, { transport: 'grpc' });
}

/** What the client is told of anything that was thrown; defects are reported here. */
export function publicError(context: GrpcContext, error: unknown): ServiceError {
  if (!(error instanceof ServiceError)) context.onError(error);
  return asPublicError(error);
}
