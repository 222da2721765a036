// SPDX-License-Identifier: Apache-2.0
import { create } from '@bufbuild/protobuf';
import { Metadata } from '@grpc/grpc-js';
import { errorKinds, ServiceError } from '@shortlink/common/errors.ts';
import { ErrorSchema } from '@shortlink/proto/types.ts';
import type { Error as ErrorMessage } from '@shortlink/proto/types.ts';

/** Trailers that carry what a status code cannot say. */
export const kindTrailer = 'shortlink-error-kind';
export const fieldTrailer = 'shortlink-error-field';

/** Trailers must fit into the headers that clients accept (8 KiB by default), encoded with up to nine characters each. */
const detailsMaxLength = 512;

/** What a client is told of an error. Defects are not explained to clients. */
export function asPublicError(error: unknown): ServiceError {
  return error instanceof ServiceError
    ? error
    : new ServiceError('internal', 'see the log of the node', { cause: error });
}

export interface CallStatus {
  /** google.rpc.Code */
  readonly code: number;
  readonly details: string;
  readonly metadata: Metadata;
}

/** How a call ends. */
export function statusOf({ kind, message, field }: ServiceError): CallStatus {
  const metadata = new Metadata();
  metadata.set(kindTrailer, kind);
  if (field !== undefined) metadata.set(fieldTrailer, field);
  // gRPC encodes the text as a URI, which lone surrogates are no part of; headers have a size.
  return { code: errorKinds[kind].grpc, details: message.slice(0, detailsMaxLength).toWellFormed(), metadata };
}

/** The error of one message of a stream or of one row of a batch. */
export function errorMessage({ kind, message, field }: ServiceError): ErrorMessage {
  const { grpc: code, retryable } = errorKinds[kind];
  return create(ErrorSchema, { kind, code, message, field: field ?? '', retryable });
}
