// SPDX-License-Identifier: Apache-2.0
import type { Socket } from 'node:net';
import type { Resolution } from '../../services/redirect.ts';
import type { CodeBatcher } from './code-batcher.ts';
import { RequestReader } from './request-reader.ts';
import type { PageStatus, Responses } from './responses.ts';

/** Results of requests, for the metrics. */
export type RedirectResult = 'found' | 'notFound' | 'gone' | 'unavailable' | 'refused';

export interface ConnectionLimits {
  /** Requests of one connection that wait for their answers; further ones stay unread. */
  readonly maxPipelined: number;
  readonly headTimeoutMs: number;
  readonly idleTimeoutMs: number;
  /** How long a client may take to accept what was written. */
  readonly writeTimeoutMs: number;
}

export interface ConnectionContext {
  readonly batcher: CodeBatcher;
  readonly responses: Responses;
  readonly limits: ConnectionLimits;
  readonly monotonicMs: () => number;
  readonly isDraining: () => boolean;
  readonly count: (result: RedirectResult) => void;
  /** The connection has something to write at the end of this turn. */
  readonly dirty: (connection: Connection) => void;
}

/** The place of an answer in the order of the requests. */
interface Slot {
  readonly isHead: boolean;
  readonly close: boolean;
  response: string | undefined;
}

/** One client. Reads requests, keeps their order, writes all answers of a turn in one call. */
export class Connection {
  readonly #socket: Socket;
  readonly #context: ConnectionContext;
  readonly #reader = new RequestReader();
  #slots: Slot[] = [];
  #closing = false;
  #ended = false;
  #reading = true;
  #blocked = false;
  #isDirty = false;
  /** Since when the connection is in its present state: idle, amid a head, or blocked. */
  #sinceMs: number;

  constructor(socket: Socket, context: ConnectionContext) {
    this.#socket = socket;
    this.#context = context;
    this.#sinceMs = context.monotonicMs();
    socket.on('data', (chunk) => {
      if (this.#closing) return;
      const wasPartial = this.#reader.hasPartial;
      this.#reader.push(chunk);
      this.#read(wasPartial);
    });
    socket.on('drain', () => {
      this.#blocked = false;
      this.#sinceMs = context.monotonicMs();
      this.#resume();
    });
    // A client that has said all it will say still gets the answers it asked for, those that are not read yet included.
    socket.on('end', () => {
      this.#ended = true;
      if (this.#reading) this.#close();
    });
    socket.on('error', () => socket.destroy());
  }

  /** Ends what has lasted too long. */
  sweep(nowMs: number): void {
    const { headTimeoutMs, idleTimeoutMs, writeTimeoutMs } = this.#context.limits;
    const elapsedMs = nowMs - this.#sinceMs;
    if (this.#blocked || this.#closing) {
      if (elapsedMs >= writeTimeoutMs && (this.#blocked || this.#slots.length === 0)) this.#socket.destroy();
      return;
    }
    if (this.#slots.length > 0) return;
    if (this.#reader.hasPartial) {
      if (elapsedMs >= headTimeoutMs) this.#refuse(408);
    } else if (elapsedMs >= idleTimeoutMs || this.#context.isDraining()) {
      this.#close();
    }
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** Writes the answers that are ready, as far as the order allows. */
  flush(): void {
    this.#isDirty = false;
    if (this.#socket.destroyed) return;
    const slots = this.#slots;
    let out = '';
    let ready = 0;
    while (ready < slots.length) {
      const response = slots[ready]?.response;
      if (response === undefined) break;
      out += response;
      ready++;
    }
    if (ready === slots.length) this.#slots = [];
    else slots.splice(0, ready);
    if (out !== '') {
      this.#sinceMs = this.#context.monotonicMs();
      if (!this.#socket.write(out, 'latin1')) this.#block();
    }
    if (this.#closing) this.#close();
    else this.#resume();
  }

  #read(wasPartial: boolean): void {
    const { batcher, count, limits, monotonicMs } = this.#context;
    let requests = 0;
    while (!this.#closing && this.#reader.hasPartial) {
      if (this.#slots.length >= limits.maxPipelined) {
        this.#pause();
        return;
      }
      const head = this.#reader.next();
      if (head.kind === 'incomplete') break;
      if (head.kind === 'refused') {
        this.#refuse(head.status);
        return;
      }
      requests++;
      const close = !head.keepAlive || this.#context.isDraining();
      const slot: Slot = { isHead: head.isHead, close, response: undefined };
      this.#slots.push(slot);
      if (close) this.#closing = true;
      if (!batcher.add(head.code, (resolution) => this.#answer(slot, resolution))) {
        count('unavailable');
        this.#fill(slot, 503);
      }
    }
    if (this.#ended) this.#close();
    // The time of a head counts from its first byte: more of it must not buy more time.
    if (requests > 0 || !wasPartial) this.#sinceMs = monotonicMs();
  }

  #answer(slot: Slot, resolution: Resolution): void {
    if (this.#socket.destroyed) return;
    const { count, responses } = this.#context;
    if (resolution.kind === 'found') {
      const response = responses.redirect(resolution.url, resolution.expiresAtMs, slot.close);
      if (response !== undefined) {
        count('found');
        slot.response = response;
        this.#markDirty();
        return;
      }
    }
    const kind = resolution.kind === 'found' ? 'notFound' : resolution.kind;
    count(kind);
    this.#fill(slot, kind === 'notFound' ? 404 : kind === 'gone' ? 410 : 503);
  }

  #refuse(status: PageStatus): void {
    this.#context.count('refused');
    const slot: Slot = { isHead: false, close: true, response: undefined };
    this.#slots.push(slot);
    this.#closing = true;
    this.#fill(slot, status);
  }

  #fill(slot: Slot, status: PageStatus): void {
    slot.response = this.#context.responses.page(status, slot);
    this.#markDirty();
  }

  #markDirty(): void {
    if (this.#isDirty) return;
    this.#isDirty = true;
    this.#context.dirty(this);
  }

  /** Whatever else the client sends is read and dropped: closing a socket with unread bytes would take the answer back. */
  #close(): void {
    this.#closing = true;
    if (this.#slots.length > 0) return;
    this.#socket.end();
    this.#socket.resume();
  }

  #block(): void {
    this.#blocked = true;
    this.#pause();
  }

  #pause(): void {
    if (!this.#reading) return;
    this.#reading = false;
    this.#socket.pause();
  }

  #resume(): void {
    if (this.#reading || this.#blocked || this.#closing) return;
    this.#reading = true;
    this.#socket.resume();
    this.#read(true);
  }
}
