// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { S3Settings } from '../s3-client.ts';

export interface StubRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

/** Answers one request, or does not. */
export type StubAnswer = (response: ServerResponse, request: StubRequest) => void;

/** An answer of S3: a status, and what goes with it. */
export function answer(status: number, body = '', headers: Readonly<Record<string, string>> = {}): StubAnswer {
  return (response) => {
    response.writeHead(status, headers).end(body);
  };
}

export function errorAnswer(status: number, code: string): StubAnswer {
  return answer(status, `<Error><Code>${code}</Code><Message>the words of the store</Message></Error>`);
}

/** The connection breaks, after so much of a body of 1000 bytes. */
export function cutAnswer(bytes: number): StubAnswer {
  return (response) => {
    if (bytes > 0) response.writeHead(200, { 'content-length': '1000' }).write(Buffer.alloc(bytes));
    setImmediate(() => response.destroy());
  };
}

/** Nothing comes, or nothing more than the start of a body. */
export function hangingAnswer(bytes: number): StubAnswer {
  return (response) => {
    if (bytes > 0) response.writeHead(200, { 'content-length': '1000' }).write(Buffer.alloc(bytes));
  };
}

/** Speaks HTTP and gives the answers of a script: for what no real server can be made to say. */
export class StubS3 {
  readonly requests: StubRequest[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #folder = mkdtempSync(join(tmpdir(), 'stub-s3-'));
  #script: StubAnswer[] = [];

  constructor() {
    this.#server = createServer((request, response) => void this.#serve(request, response));
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    this.writeCredentials('key');
  }

  get credentialsFile(): string {
    return join(this.#folder, 'credentials');
  }

  async listen(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  settings(): S3Settings {
    const address = this.#server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    return {
      bucket: 'chunks',
      prefix: 'p',
      endpoint: `http://127.0.0.1:${port}`,
      region: '',
      pathStyle: true,
      credentialsFile: this.credentialsFile,
    };
  }

  writeCredentials(accessKeyId: string): void {
    writeFileSync(this.credentialsFile, `aws_access_key_id=${accessKeyId}\naws_secret_access_key=secret\n`);
  }

  /** The next requests get these answers; the last one is given again. */
  script(...answers: readonly StubAnswer[]): void {
    this.#script = [...answers];
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
    rmSync(this.#folder, { recursive: true });
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const url = new URL(request.url ?? '', 'http://stub');
    const seen = {
      method: request.method ?? '',
      path: url.pathname,
      query: url.searchParams,
      headers: request.headers,
      body: Buffer.concat(chunks),
    };
    this.requests.push(seen);
    const next = this.#script.length > 1 ? this.#script.shift() : this.#script[0];
    (next ?? answer(500))(response, seen);
  }
}
