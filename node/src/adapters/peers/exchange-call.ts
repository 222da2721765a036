// SPDX-License-Identifier: Apache-2.0
import type { MethodDefinition } from '@grpc/grpc-js';
import { Peer } from '@shortlink/proto/peer.ts';

const asIs = (bytes: Buffer): Buffer => bytes;

/** Exchange without a codec of grpc's own: a frame is encoded once, before it is known how many messages it takes. */
export const exchangeMethod: MethodDefinition<Buffer, Buffer> = {
  path: `/${Peer.typeName}/${Peer.method.exchange.name}`,
  requestStream: true,
  responseStream: true,
  requestSerialize: asIs,
  requestDeserialize: asIs,
  responseSerialize: asIs,
  responseDeserialize: asIs,
};
