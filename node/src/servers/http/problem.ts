// SPDX-License-Identifier: Apache-2.0
import { errorKinds, ServiceError } from '@shortlink/common/errors.ts';
import type { ErrorKind } from '@shortlink/common/errors.ts';

/** RFC 9457, with `field` and `retryable` as extensions. */
export interface Problem {
  /** Stable name for programs. */
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly field?: string;
  readonly retryable: boolean;
}

/** Failures that only HTTP knows. */
export const httpProblems = {
  noSuchResource: { status: 404, title: 'There is no such resource' },
  methodNotAllowed: { status: 405, title: 'The resource does not have this method' },
  unsupportedMediaType: { status: 415, title: 'The body has the wrong type' },
} as const;

export type HttpProblemKind = keyof typeof httpProblems;

/** A failure that only HTTP knows; `headers` go with the answer. */
export class HttpError extends Error {
  override readonly name = 'HttpError';
  readonly kind: HttpProblemKind;
  readonly headers: Readonly<Record<string, string>>;

  constructor(kind: HttpProblemKind, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.kind = kind;
    this.headers = headers;
  }
}

const retryAfterSeconds = 1;

export interface ProblemResponse {
  readonly problem: Problem;
  readonly headers: Readonly<Record<string, string>>;
}

/** What a client is told of an error. Defects are not explained to clients. */
export function problemResponse(error: unknown): ProblemResponse {
  if (error instanceof HttpError) {
    const { status, title } = httpProblems[error.kind];
    const problem = { type: problemType(error.kind), title, status, detail: error.message, retryable: false };
    return { problem, headers: error.headers };
  }
  if (!(error instanceof ServiceError))
    return { problem: problemOf('internal', 'see the log of the node'), headers: {} };
  const problem = problemOf(error.kind, error.message, error.field);
  const headers: Record<string, string> = {};
  if (problem.status === 503) headers['retry-after'] = String(retryAfterSeconds);
  if (problem.status === 401) headers['www-authenticate'] = 'Bearer realm="shortlink"';
  return { problem, headers };
}

/** The error of one row of a batch. */
export function problemOfError(error: ServiceError): Problem {
  return problemOf(error.kind, error.message, error.field);
}

export function problemType(kind: ErrorKind | HttpProblemKind): string {
  return `https://shortlink.dev/problems/${kind.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

function problemOf(kind: ErrorKind, detail: string, field?: string): Problem {
  const { http: status, title, retryable } = errorKinds[kind];
  return { type: problemType(kind), title, status, detail, ...(field === undefined ? {} : { field }), retryable };
}
