// SPDX-License-Identifier: Apache-2.0

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  /** Bytes that a Range header asks for; undefined without one. */
  readonly rangeBytes: number | undefined;
}

interface Reading {
  head: string;
  bodyBytesLeft: number;
}

const headEnd = '\r\n\r\n';

/** Reads HTTP/1.1 requests out of the bytes of connections, as a server would. */
export class RequestLog {
  readonly #connections = new Map<number, Reading>();
  #requests: SeenRequest[] = [];

  /** Bytes of a connection to the server, in order. */
  add(connection: number, bytes: Buffer): void {
    const reading = this.#connections.get(connection) ?? { head: '', bodyBytesLeft: 0 };
    this.#connections.set(connection, reading);
    let rest = bytes;
    while (rest.length > 0) {
      if (reading.bodyBytesLeft > 0) {
        const skipped = Math.min(reading.bodyBytesLeft, rest.length);
        reading.bodyBytesLeft -= skipped;
        rest = rest.subarray(skipped);
        continue;
      }
      const before = reading.head.length;
      const text = reading.head + rest.toString('latin1');
      const end = text.indexOf(headEnd);
      if (end < 0) {
        reading.head = text;
        return;
      }
      this.#requests.push(requestOf(text.slice(0, end)));
      reading.bodyBytesLeft = Number(/^content-length: *(\d+)/im.exec(text.slice(0, end))?.[1] ?? '0');
      reading.head = '';
      rest = rest.subarray(end + headEnd.length - before);
    }
  }

  /** What was seen since the last call. */
  take(): readonly SeenRequest[] {
    const taken = this.#requests;
    this.#requests = [];
    return taken;
  }
}

function requestOf(head: string): SeenRequest {
  const [, method = '', path = ''] = /^(\S+) (\S+) /.exec(head) ?? [];
  const [, first, last] = /^range: *bytes=(\d+)-(\d+) *$/im.exec(head) ?? [];
  return { method, path, rangeBytes: first === undefined ? undefined : Number(last) - Number(first) + 1 };
}
