// SPDX-License-Identifier: Apache-2.0
import { limits } from '@shortlink/common/limits.ts';

/** Bounds of the gRPC listener; each one has a default. */
export interface GrpcLimits {
  /** Of one message from a client. */
  readonly messageMaxBytes: number;
  readonly maxConnections: number;
  /** Calls of one connection at the same time, streams included. */
  readonly callsPerConnectionMax: number;
  /** Messages of one stream that wait for their answers; further ones stay unread. */
  readonly streamMaxMessages: number;
  /** Bytes of one stream that the server holds: requests, and answers that the client has not taken. */
  readonly streamMaxBytes: number;
  /** Watchers of health at the same time. */
  readonly maxWatchers: number;
}

/** Room for the fields around the largest payload. */
const envelopeMaxBytes = 64 * 1024;

export const defaultGrpcLimits: GrpcLimits = {
  messageMaxBytes: limits.httpBodyMaxBytes + envelopeMaxBytes,
  maxConnections: 10_000,
  callsPerConnectionMax: 1000,
  streamMaxMessages: 1024,
  streamMaxBytes: 16 * 1024 * 1024,
  maxWatchers: 1000,
};
