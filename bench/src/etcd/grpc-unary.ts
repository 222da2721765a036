// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { connect, constants, type ClientHttp2Session } from 'node:http2';

const headerBytes = 5;
const timeoutMs = 10_000;
const http2Ok = 200;

/**
 * Unary gRPC calls straight on HTTP/2. @grpc/grpc-js costs about twice the time per call, which the peer would pay:
 * client and servers share the cores of one machine.
 */
export class UnaryChannel {
  readonly #session: ClientHttp2Session;
  #lost: Error | undefined;

  private constructor(session: ClientHttp2Session) {
    this.#session = session;
    session.on('error', (error) => (this.#lost = error));
  }

  /** @param address `host:port`, without TLS. */
  static async open(address: string): Promise<UnaryChannel> {
    const session = connect(`http://${address}`);
    session.setTimeout(timeoutMs, () => session.destroy(new Error(`${address} did not answer`)));
    await once(session, 'connect');
    return new UnaryChannel(session);
  }

  /** The message of the answer. Rejects when the status is not OK. */
  call(path: string, message: Uint8Array): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      if (this.#lost !== undefined || this.#session.closed) {
        reject(this.#lost ?? new Error('the connection is closed'));
        return;
      }
      const stream = this.#session.request({
        [constants.HTTP2_HEADER_METHOD]: 'POST',
        [constants.HTTP2_HEADER_PATH]: path,
        [constants.HTTP2_HEADER_CONTENT_TYPE]: 'application/grpc',
        [constants.HTTP2_HEADER_TE]: 'trailers',
      });
      const chunks: Buffer[] = [];
      let status: unknown;
      let detail: unknown;
      const note = (headers: Readonly<Record<string, unknown>>): void => {
        const http = headers[':status'];
        if (http !== undefined && http !== http2Ok) status = `HTTP ${String(http)}`;
        status ??= headers['grpc-status'];
        detail ??= headers['grpc-message'];
      };
      stream.on('response', note);
      stream.on('trailers', note);
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('error', reject);
      stream.on('close', () => {
        const body = chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks);
        if (status === '0' && body.length >= headerBytes) resolve(body.subarray(headerBytes));
        else reject(new Error(`${path} ended with status ${String(status)} ${String(detail ?? '')}`));
      });
      stream.end(frame(message));
    });
  }

  async close(): Promise<void> {
    if (this.#session.destroyed) return;
    const closed = once(this.#session, 'close');
    this.#session.close();
    await closed;
  }
}

/** gRPC's length-prefixed message: not compressed, length, bytes. */
function frame(message: Uint8Array): Buffer {
  const framed = Buffer.allocUnsafe(headerBytes + message.length);
  framed[0] = 0;
  framed.writeUInt32BE(message.length, 1);
  framed.set(message, headerBytes);
  return framed;
}
