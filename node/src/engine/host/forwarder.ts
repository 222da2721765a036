// SPDX-License-Identifier: Apache-2.0
import type { NodeId } from '@shortlink/common/ids.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ForwardReply, ForwardRequest } from '../../ports/peers.ts';
import { explain } from '../requests.ts';
import type { Answer } from '../requests.ts';
import type { Outbox } from './outbox.ts';

interface Waiting {
  readonly node: NodeId;
  readonly deadlineMs: number;
  readonly answer: Answer;
}

/** Requests of this node that wait for another one's answer; more are refused. */
const maxWaiting = 50_000;

/** Hands requests to other nodes and their answers back. */
export class Forwarder {
  readonly #outbox: Outbox;
  readonly #clock: Clock;
  readonly #waitingById = new Map<number, Waiting>();
  #nextId = 1;

  constructor(outbox: Outbox, clock: Clock) {
    this.#outbox = outbox;
    this.#clock = clock;
  }

  get waitingCount(): number {
    return this.#waitingById.size;
  }

  forward(node: NodeId, request: Omit<ForwardRequest, 'id'>, answer: Answer): void {
    if (this.#waitingById.size >= maxWaiting) {
      answer('overloaded', explain('too many requests wait for other nodes; slow down and try again'));
      return;
    }
    const id = this.#nextId++;
    this.#waitingById.set(id, { node, deadlineMs: this.#clock.monotonicMs() + request.timeoutMs, answer });
    this.#outbox.request(node, { ...request, id });
  }

  onReply(reply: ForwardReply): void {
    const waiting = this.#waitingById.get(reply.id);
    if (waiting === undefined) return;
    this.#waitingById.delete(reply.id);
    waiting.answer(reply.status, reply.payload);
  }

  /** The stream broke: answers that were on it will not come. */
  onDisconnect(node: NodeId): void {
    this.#fail((waiting) => waiting.node === node, 'the node that had the request is away');
  }

  tick(): void {
    const nowMs = this.#clock.monotonicMs();
    this.#fail((waiting) => waiting.deadlineMs <= nowMs, 'another node did not answer in time');
  }

  #fail(which: (waiting: Waiting) => boolean, message: string): void {
    for (const [id, waiting] of this.#waitingById) {
      if (!which(waiting)) continue;
      this.#waitingById.delete(id);
      waiting.answer('timeout', explain(message));
    }
  }
}
