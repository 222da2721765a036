// SPDX-License-Identifier: Apache-2.0
import { lengthPrefixed, messageHeaderBytes } from './grpc-framing.ts';
import type { Http2Connection } from './http2-connection.ts';

/** The message of the answer to one call. Rejects when the call fails. */
export function callUnary(connection: Http2Connection, path: string, message: Uint8Array): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const received: Buffer[] = [];
    const stream = connection.startStream(path, {
      onData: (bytes) => received.push(bytes),
      onError: reject,
      onEnd: () => {
        const first = received[0];
        const body = received.length === 1 && first !== undefined ? first : Buffer.concat(received);
        if (body.length >= messageHeaderBytes) resolve(body.subarray(messageHeaderBytes));
        else reject(new Error(`${connection.address} answered without a message: the call failed`));
      },
    });
    stream.send(lengthPrefixed(message), true);
  });
}
