// SPDX-License-Identifier: Apache-2.0

/**
 * Operational failures, coarse and prescriptive: a kind exists only where a caller would act differently.
 * One table maps each kind to every wire, so that no server invents its own status.
 */
export const errorKinds = {
  invalid: { http: 422, grpc: 3, retryable: false, title: 'The request is not valid' },
  malformed: { http: 400, grpc: 3, retryable: false, title: 'The request cannot be read' },
  unauthenticated: { http: 401, grpc: 16, retryable: false, title: 'A valid API token is needed' },
  forbidden: { http: 403, grpc: 7, retryable: false, title: 'The API token lacks the scope' },
  notFound: { http: 404, grpc: 5, retryable: false, title: 'There is nothing under this name' },
  conflict: { http: 409, grpc: 6, retryable: false, title: 'The name is taken' },
  gone: { http: 410, grpc: 5, retryable: false, title: 'The link is deleted or expired' },
  preconditionFailed: { http: 412, grpc: 9, retryable: false, title: 'A condition of the request does not hold' },
  tooLarge: { http: 413, grpc: 8, retryable: false, title: 'The request is too large' },
  idempotencyMismatch: {
    http: 422,
    grpc: 3,
    retryable: false,
    title: 'The idempotency key was used with another request',
  },
  overloaded: { http: 503, grpc: 8, retryable: true, title: 'The node has too much to do' },
  unavailable: { http: 503, grpc: 14, retryable: true, title: 'The shard cannot answer now' },
  timeout: { http: 503, grpc: 4, retryable: true, title: 'The deadline passed; the outcome is unknown' },
  internal: { http: 500, grpc: 13, retryable: false, title: 'The node failed' },
} as const satisfies Record<string, ErrorKindInfo>;

export interface ErrorKindInfo {
  readonly http: number;
  readonly grpc: number;
  /** True when the same request may succeed later without a change. */
  readonly retryable: boolean;
  readonly title: string;
}

export type ErrorKind = keyof typeof errorKinds;

/** An operational failure with what to do about it in `message`; `field` names the input that is wrong. */
export class ServiceError extends Error {
  override readonly name = 'ServiceError';
  readonly kind: ErrorKind;
  readonly field: string | undefined;

  constructor(kind: ErrorKind, message: string, options: { field?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.kind = kind;
    this.field = options.field;
  }
}
