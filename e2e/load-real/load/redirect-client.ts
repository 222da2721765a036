// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';

export interface RedirectAnswer {
  readonly status: number;
  readonly location: string | undefined;
}

interface Waiting {
  readonly resolve: (answer: RedirectAnswer) => void;
  readonly reject: (error: Error) => void;
}

const headMaxBytes = 64 * 1024;
const timeoutMs = 30_000;

/** GET requests one after the other on one connection without waiting for the answers, which come in order (HTTP/1.1 pipelining). */
export class RedirectClient {
  readonly #socket: Socket;
  readonly #host: string;
  #waiting: Waiting[] = [];
  #rest: Buffer = Buffer.alloc(0);
  #lost: Error | undefined;

  private constructor(socket: Socket, host: string) {
    this.#socket = socket;
    this.#host = host;
    socket.setTimeout(timeoutMs, () => {
      if (this.#waiting.length > 0) this.#lose(new Error(`${host} did not answer`));
    });
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('error', (error) => this.#lose(error));
    socket.on('close', () => this.#lose(new Error(`${host} closed the connection`)));
  }

  /** @param base `http://host:port` */
  static async open(base: string): Promise<RedirectClient> {
    const { hostname, port, host } = new URL(base);
    const socket = createConnection({ host: hostname, port: Number(port === '' ? '80' : port), noDelay: true });
    await once(socket, 'connect');
    return new RedirectClient(socket, host);
  }

  get(code: string): Promise<RedirectAnswer> {
    return new Promise((resolve, reject) => {
      if (this.#lost !== undefined) {
        reject(this.#lost);
        return;
      }
      this.#waiting.push({ resolve, reject });
      this.#socket.write(`GET /${encodeURIComponent(code)} HTTP/1.1\r\nHost: ${this.#host}\r\n\r\n`);
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #receive(chunk: Buffer): void {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let answered = 0;
    for (;;) {
      const head = readAnswer(this.#rest);
      if (head === undefined) break;
      this.#rest = this.#rest.subarray(head.bytes);
      this.#waiting[answered++]?.resolve(head.answer);
    }
    if (answered > 0) this.#waiting = this.#waiting.slice(answered);
    if (this.#rest.length > headMaxBytes) this.#lose(new Error(`${this.#host} sends too much`));
  }

  #lose(error: Error): void {
    this.#lost ??= error;
    this.#socket.destroy();
    for (const { reject } of this.#waiting) reject(this.#lost);
    this.#waiting = [];
  }
}

/** The first whole answer and its length; undefined when it is not there yet. Its body must have a Content-Length. */
export function readAnswer(bytes: Buffer): { readonly answer: RedirectAnswer; readonly bytes: number } | undefined {
  const headEnd = bytes.indexOf('\r\n\r\n');
  if (headEnd < 0) return undefined;
  const head = bytes.toString('latin1', 0, headEnd);
  const bodyBytes = Number(/^content-length: *(\d+) *$/im.exec(head)?.[1] ?? '0');
  const end = headEnd + 4 + bodyBytes;
  if (bytes.length < end) return undefined;
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1] ?? '0');
  return { answer: { status, location: /^location: *(.*?) *$/im.exec(head)?.[1] }, bytes: end };
}
