// SPDX-License-Identifier: Apache-2.0
import { fromBinary, toBinary, type DescMethodBiDiStreaming, type MessageShape } from '@bufbuild/protobuf';
import { lengthPrefixed, MessageReader } from './grpc-framing.ts';
import type { Http2Connection, Http2Stream } from './http2-connection.ts';

export interface StreamEvents<R> {
  readonly onMessage: (message: R) => void;
  readonly onEnd: (reason: Error) => void;
}

/** A call with a stream in both directions. Messages of one turn of the event loop share frames, as they may in gRPC. */
export class GrpcStream<M extends DescMethodBiDiStreaming> {
  readonly #method: M;
  readonly #stream: Http2Stream;
  readonly #reader = new MessageReader();
  #waiting: Buffer[] = [];

  constructor(connection: Http2Connection, method: M, events: StreamEvents<MessageShape<M['output']>>) {
    this.#method = method;
    this.#stream = connection.startStream(`/${method.parent.typeName}/${method.name}`, {
      onData: (bytes) => {
        for (const message of this.#reader.push(bytes)) events.onMessage(this.#decode(message));
      },
      onEnd: () => events.onEnd(new Error(`${connection.address} ended the stream`)),
      onError: events.onEnd,
    });
  }

  write(message: MessageShape<M['input']>): void {
    if (this.#waiting.length === 0) {
      process.nextTick(() => {
        const messages = this.#waiting;
        this.#waiting = [];
        this.#stream.send(Buffer.concat(messages), false);
      });
    }
    this.#waiting.push(lengthPrefixed(toBinary<M['input']>(this.#method.input, message)));
  }

  #decode(bytes: Buffer): MessageShape<M['output']> {
    return fromBinary<M['output']>(this.#method.output, bytes);
  }
}
