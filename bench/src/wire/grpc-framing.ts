// SPDX-License-Identifier: Apache-2.0

/** A flag (compressed or not) and a length precede every message of gRPC. */
export const messageHeaderBytes = 5;

export function lengthPrefixed(message: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(messageHeaderBytes + message.length);
  bytes[0] = 0;
  bytes.writeUInt32BE(message.length, 1);
  bytes.set(message, messageHeaderBytes);
  return bytes;
}

/** Cuts a stream of bytes into messages. */
export class MessageReader {
  #rest: Buffer = Buffer.alloc(0);

  /** Every message that is complete with these bytes, as views of them. */
  *push(chunk: Buffer): Generator<Buffer> {
    let bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    while (bytes.length >= messageHeaderBytes) {
      const end = messageHeaderBytes + bytes.readUInt32BE(1);
      if (bytes.length < end) break;
      yield bytes.subarray(messageHeaderBytes, end);
      bytes = bytes.subarray(end);
    }
    this.#rest = bytes;
  }
}
