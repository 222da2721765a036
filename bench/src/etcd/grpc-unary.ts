// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import {
  connectionPreface,
  defaultWindowBytes,
  encodeFrame,
  encodeRequestHeaders,
  frameFlag,
  FrameReader,
  frameType,
  maxWindowBytes,
  settingId,
  settingsPayload,
  uint32Payload,
  type Frame,
} from './http2-frames.ts';

interface Call {
  readonly resolve: (message: Uint8Array) => void;
  readonly reject: (error: Error) => void;
  readonly received: Buffer[];
}

interface Held {
  readonly bytes: Buffer;
  readonly dataBytes: number;
}

const messageHeaderBytes = 5;
const none = Buffer.alloc(0);

/**
 * Unary gRPC calls with as little work as the protocol allows. Client and servers share the cores of one machine, so
 * that each microsecond of the client is taken from the peer: @grpc/grpc-js costs 0.25 ms a call, node:http2 0.12 ms.
 * An error status is known by the message that is missing; its text, which is Huffman-coded, is not read.
 */
export class UnaryChannel {
  readonly #socket: Socket;
  readonly #authority: string;
  readonly #headers = new Map<string, Buffer>();
  readonly #calls = new Map<number, Call>();
  readonly #reader = new FrameReader();
  #nextStream = 1;
  /** What the server still takes on this connection. */
  #windowBytes = defaultWindowBytes;
  #held: Held[] = [];
  #lost: Error | undefined;

  private constructor(socket: Socket, authority: string) {
    this.#socket = socket;
    this.#authority = authority;
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => {
      for (const frame of this.#reader.push(chunk)) this.#receive(frame);
    });
    socket.on('error', (error) => this.#lose(error));
    socket.on('close', () => this.#lose(new Error(`${authority} closed the connection`)));
  }

  /** @param address `host:port`, without TLS. */
  static async open(address: string): Promise<UnaryChannel> {
    const colon = address.lastIndexOf(':');
    const socket = createConnection({ host: address.slice(0, colon), port: Number(address.slice(colon + 1)) });
    await once(socket, 'connect');
    const channel = new UnaryChannel(socket, address);
    // Windows as large as can be: answers are small, and none of them ever waits for an update of ours.
    const settings = settingsPayload([
      [settingId.headerTableSize, 0],
      [settingId.enablePush, 0],
      [settingId.initialWindowSize, maxWindowBytes],
    ]);
    channel.#write(connectionPreface);
    channel.#send(frameType.settings, 0, settings);
    channel.#send(frameType.windowUpdate, 0, uint32Payload(maxWindowBytes - defaultWindowBytes));
    return channel;
  }

  /** The message of the answer. Rejects when the call fails. */
  call(path: string, message: Uint8Array): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      if (this.#lost !== undefined) {
        reject(this.#lost);
        return;
      }
      const stream = this.#nextStream;
      this.#nextStream += 2;
      this.#calls.set(stream, { resolve, reject, received: [] });
      const data = lengthPrefixed(message);
      const bytes = Buffer.concat([
        encodeFrame({ type: frameType.headers, flags: frameFlag.endHeaders, stream, payload: this.#headersOf(path) }),
        encodeFrame({ type: frameType.data, flags: frameFlag.endStream, stream, payload: data }),
      ]);
      this.#held.push({ bytes, dataBytes: data.length });
      this.#release();
    });
  }

  async close(): Promise<void> {
    if (this.#socket.destroyed) return;
    const closed = once(this.#socket, 'close');
    this.#socket.destroy();
    await closed;
  }

  #headersOf(path: string): Buffer {
    const known = this.#headers.get(path);
    if (known !== undefined) return known;
    const encoded = encodeRequestHeaders(path, this.#authority);
    this.#headers.set(path, encoded);
    return encoded;
  }

  /** Sends requests in their order, as far as the server's window goes. */
  #release(): void {
    let sent = 0;
    for (const { bytes, dataBytes } of this.#held) {
      if (dataBytes > this.#windowBytes) break;
      this.#windowBytes -= dataBytes;
      this.#write(bytes);
      sent++;
    }
    if (sent > 0) this.#held = this.#held.slice(sent);
  }

  #receive(frame: Frame): void {
    switch (frame.type) {
      case frameType.data:
        this.#calls.get(frame.stream)?.received.push(unpadded(frame));
        if ((frame.flags & frameFlag.endStream) !== 0) this.#finish(frame.stream);
        return;
      case frameType.headers:
        if ((frame.flags & frameFlag.endStream) !== 0) this.#finish(frame.stream);
        return;
      case frameType.resetStream:
        this.#calls.get(frame.stream)?.reject(new Error(`${this.#authority} reset the call`));
        this.#calls.delete(frame.stream);
        return;
      case frameType.settings:
        if ((frame.flags & frameFlag.ack) === 0) this.#send(frameType.settings, frameFlag.ack, none);
        return;
      case frameType.ping:
        if ((frame.flags & frameFlag.ack) === 0) this.#send(frameType.ping, frameFlag.ack, frame.payload);
        return;
      case frameType.goAway:
        this.#lose(new Error(`${this.#authority} wants no more calls`));
        return;
      case frameType.windowUpdate:
        if (frame.stream !== 0) return;
        this.#windowBytes += frame.payload.readUInt32BE(0);
        this.#release();
        return;
      default:
    }
  }

  #finish(stream: number): void {
    const call = this.#calls.get(stream);
    this.#calls.delete(stream);
    if (call === undefined) return;
    const first = call.received[0];
    const body = call.received.length === 1 && first !== undefined ? first : Buffer.concat(call.received);
    if (body.length >= messageHeaderBytes) call.resolve(body.subarray(messageHeaderBytes));
    else call.reject(new Error(`${this.#authority} answered without a message: the call failed`));
  }

  #send(type: number, flags: number, payload: Buffer): void {
    this.#write(encodeFrame({ type, flags, stream: 0, payload }));
  }

  /** One system call for everything that is written in one turn of the event loop. */
  #write(bytes: Buffer): void {
    if (this.#socket.writableCorked === 0) {
      this.#socket.cork();
      process.nextTick(() => this.#socket.uncork());
    }
    this.#socket.write(bytes);
  }

  #lose(error: Error): void {
    this.#lost ??= error;
    for (const { reject } of this.#calls.values()) reject(this.#lost);
    this.#calls.clear();
    this.#held = [];
  }
}

/** gRPC's framing of a message: not compressed, length, bytes. */
function lengthPrefixed(message: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(messageHeaderBytes + message.length);
  bytes[0] = 0;
  bytes.writeUInt32BE(message.length, 1);
  bytes.set(message, messageHeaderBytes);
  return bytes;
}

function unpadded({ flags, payload }: Frame): Buffer {
  if ((flags & frameFlag.padded) === 0) return payload;
  return payload.subarray(1, payload.length - (payload[0] ?? 0));
}
