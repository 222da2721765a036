// SPDX-License-Identifier: Apache-2.0

// The frames of HTTP/2 (RFC 9113, section 4 and 6) that a client of unary gRPC calls meets.

export const frameType = {
  data: 0,
  headers: 1,
  resetStream: 3,
  settings: 4,
  ping: 6,
  goAway: 7,
  windowUpdate: 8,
} as const;

export const frameFlag = { ack: 0x1, endStream: 0x1, endHeaders: 0x4, padded: 0x8 } as const;

export const settingId = { headerTableSize: 1, enablePush: 2, initialWindowSize: 4 } as const;

/** What a connection starts with before either side says otherwise. */
export const defaultWindowBytes = 65_535;
export const maxWindowBytes = 2 ** 31 - 1;
/** The largest frame that every peer takes. */
export const dataMaxBytes = 16_384;
const headerBytes = 9;

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

export const connectionPreface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1');

export function encodeFrame({ type, flags, stream, payload }: Frame): Buffer {
  const bytes = Buffer.allocUnsafe(headerBytes + payload.length);
  bytes.writeUIntBE(payload.length, 0, 3);
  bytes[3] = type;
  bytes[4] = flags;
  bytes.writeUInt32BE(stream, 5);
  bytes.set(payload, headerBytes);
  return bytes;
}

export function settingsPayload(settings: readonly (readonly [id: number, value: number])[]): Buffer {
  const bytes = Buffer.allocUnsafe(settings.length * 6);
  for (const [i, [id, value]] of settings.entries()) {
    bytes.writeUInt16BE(id, i * 6);
    bytes.writeUInt32BE(value, i * 6 + 2);
  }
  return bytes;
}

/** The window that new streams start with, where a SETTINGS frame sets it. */
export function initialWindowIn(payload: Buffer): number | undefined {
  let found: number | undefined;
  for (let at = 0; at + 6 <= payload.length; at += 6) {
    if (payload.readUInt16BE(at) === settingId.initialWindowSize) found = payload.readUInt32BE(at + 2);
  }
  return found;
}

export function uint32Payload(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** Cuts a stream of bytes into frames. */
export class FrameReader {
  #rest: Buffer = Buffer.alloc(0);

  /** Every frame that is complete with these bytes; the payloads are views of them. */
  *push(chunk: Buffer): Generator<Frame> {
    let bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    while (bytes.length >= headerBytes) {
      const end = headerBytes + bytes.readUIntBE(0, 3);
      if (bytes.length < end) break;
      yield {
        type: bytes.readUInt8(3),
        flags: bytes.readUInt8(4),
        stream: bytes.readUInt32BE(5) & 0x7fff_ffff,
        payload: bytes.subarray(headerBytes, end),
      };
      bytes = bytes.subarray(end);
    }
    this.#rest = bytes;
  }
}

/**
 * Header fields as HPACK (RFC 7541) without compression: fields of the static table by their index, others as
 * literals. No field enters the dynamic table, so that the block is the same for every request.
 */
export function encodeRequestHeaders(path: string, authority: string): Buffer {
  const text = (value: string): Buffer => Buffer.concat([Buffer.from([value.length]), Buffer.from(value, 'latin1')]);
  const staticName = { authority: 0x01, path: 0x04 };
  return Buffer.concat([
    // :method POST and :scheme http are entries 3 and 6.
    Buffer.from([0x83, 0x86, staticName.path]),
    text(path),
    Buffer.from([staticName.authority]),
    text(authority),
    // content-type is entry 31: 15 in the prefix, 16 after it.
    Buffer.from([0x0f, 0x10]),
    text('application/grpc'),
    Buffer.from([0x00]),
    text('te'),
    text('trailers'),
  ]);
}
