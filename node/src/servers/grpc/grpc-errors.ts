// SPDX-License-Identifier: Apache-2.0
import { Metadata } from '@grpc/grpc-js';
import type { StatusObject } from '@grpc/grpc-js';
import { create } from '@bufbuild/protobuf';
import { errorKinds, ServiceError } from '@shortlink/common/errors.ts';
import { ErrorSchema } from '@shortlink/proto/types.ts';
import type { Error as ErrorMessage } from '@shortlink/proto/types.ts';

/** Trailers that carry what a status code cannot say. */
export const kindTrailer = 'shortlink-error-kind';
export const fieldTrailer = 'shortlink-error-field';

/** What a client is told of an error. Defects are not explained to clients. */
export function asPublicError(error: unknown): ServiceError {
  return error instanceof ServiceError
    ? error
    : new ServiceError('internal', 'see the log of the node', { cause: error });
}

/** How a call ends. */
export function statusOf({ kind, message, field }: ServiceError): StatusObject {
  const metadata = new Metadata();
  metadata.set(kindTrailer, kind);
  if (field !== undefined) metadata.set(fieldTrailer, field);
  return { code: errorKinds[kind].grpc, details: message, metadata };
}

/** The error of one message of a stream or of one row of a batch. */
export function errorMessage({ kind, message, field }: ServiceError): ErrorMessage {
  const { grpc: code, retryable } = errorKinds[kind];
  return create(ErrorSchema, { kind, code, message, field: field ?? '', retryable });
}
