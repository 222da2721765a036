// SPDX-License-Identifier: Apache-2.0
import { create, toBinary } from '@bufbuild/protobuf';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { Client, credentials, Metadata } from '@grpc/grpc-js';
import type { ClientDuplexStream, ServiceError } from '@grpc/grpc-js';
import { serviceClient } from '@shortlink/proto/grpc-service.ts';
import { Peer, PeerFrameSchema, SnapshotChunkSchema } from '@shortlink/proto/peer.ts';
import { exchangeMethod } from '../exchange-call.ts';

export type HelloInit = NonNullable<MessageInitShape<typeof PeerFrameSchema>['hello']>;

/** A stream to a node by a caller that keeps no rules. */
export class RawStream {
  readonly received: Buffer[] = [];
  /** How the node ended the stream, in its words. */
  ended: string | undefined;
  readonly #client: Client;
  readonly #call: ClientDuplexStream<Buffer, Buffer>;

  constructor(address: string) {
    this.#client = new Client(address, credentials.createInsecure());
    const { path, requestSerialize, responseDeserialize } = exchangeMethod;
    this.#call = this.#client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize, new Metadata());
    this.#call.on('data', (bytes: Buffer) => this.received.push(bytes));
    this.#call.on('error', (error: ServiceError) => (this.ended ??= error.details));
    this.#call.on('end', () => (this.ended ??= ''));
  }

  hello(hello: HelloInit): this {
    return this.write(toBinary(PeerFrameSchema, create(PeerFrameSchema, { hello })));
  }

  write(bytes: Uint8Array): this {
    this.#call.write(Buffer.from(bytes));
    return this;
  }

  close(): void {
    this.#call.cancel();
    this.#client.close();
  }
}

/** Sends chunks as they are. Resolves with the details of the error, or with `accepted`. */
export async function sendRawChunks(
  address: string,
  chunks: readonly MessageInitShape<typeof SnapshotChunkSchema>[],
): Promise<string> {
  const client = new Client(address, credentials.createInsecure());
  const { call, response } = serviceClient(Peer, client).sendSnapshot();
  for (const chunk of chunks) call.write(create(SnapshotChunkSchema, chunk));
  call.end();
  try {
    return (await response).accepted ? 'accepted' : 'not accepted';
  } catch (error) {
    return error instanceof Error && 'details' in error ? String(error.details) : String(error);
  } finally {
    client.close();
  }
}
