// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { checkHistory } from '../checkers/check-history.ts';
import { formatContradiction } from '../checkers/explain.ts';
import type { HistoryEvent } from '../checkers/history.ts';
import { linkModel } from '../checkers/models/link.ts';
import type { LinkInput, LinkOutput } from '../checkers/models/link.ts';
import { callLink, visit } from './links-api.ts';
import type { LinksTarget } from './links-api.ts';

const codes = 12;
const visitsAtOnce = 8;
const retryPauseMs = 200;

export interface WorkloadOptions {
  /** Of those who contend for a few codes. */
  readonly clients?: number;
  /** Between two operations of such a client. */
  readonly pauseMs?: number;
  /** Between two links that are created. */
  readonly createPauseMs?: number;
  /**
   * For so long an operation whose outcome is unknown is tried again, a write under the idempotency key that it has; 0: not at
   * all. HTTP leaves it to clients to repeat what they sent over a connection that was being closed.
   */
  readonly retryMs?: number;
}

/** What was not answered, after all attempts. */
export interface Unanswered {
  readonly kind: 'redirect' | 'write';
  readonly at: Date;
  /** The operation, and what was said last. */
  readonly what: string;
}

/**
 * Clients that work on a few codes through all nodes, and one a node that creates links of its own: the former's history
 * must be linearizable, and every link that was acknowledged to the latter must be there at the end.
 */
export class Workload implements AsyncDisposable {
  readonly #nodes: readonly LinksTarget[];
  readonly #options: Required<WorkloadOptions>;
  readonly #events: HistoryEvent<LinkInput, LinkOutput>[] = [];
  readonly #acknowledged: (readonly [code: string, url: string])[] = [];
  readonly #clients: Promise<void>[] = [];
  readonly #generation = Math.random().toString(36).slice(2, 6);
  readonly #unanswered: Unanswered[] = [];
  #operations = 0;
  readonly #end = new AbortController();

  constructor(nodes: readonly LinksTarget[], options: WorkloadOptions = {}) {
    this.#nodes = nodes;
    this.#options = { clients: 6, pauseMs: 15, createPauseMs: 5, retryMs: 0, ...options };
    for (let i = 0; i < this.#options.clients; i++) this.#clients.push(this.#contend(i));
    for (const [i, node] of nodes.entries()) this.#clients.push(this.#create(i, node));
  }

  /** Acknowledged creates so far: to see that the load gets through. */
  get acknowledged(): number {
    return this.#acknowledged.length;
  }

  /** Links that were acknowledged, with where they lead, in their order. */
  get links(): readonly (readonly [code: string, url: string])[] {
    return this.#acknowledged;
  }

  /** Operations of all clients so far, answered or not. */
  get operations(): number {
    return this.#operations;
  }

  /** In the order in which they were given up. */
  get unanswered(): readonly Unanswered[] {
    return this.#unanswered;
  }

  async stop(): Promise<void> {
    this.#end.abort();
    await Promise.all(this.#clients);
  }

  /** So that the clients of a test that fails do not go on at the ports of the next one. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  /** What is wrong with what was seen; empty when nothing is. To be called when the cluster is whole again. */
  async problems(through: LinksTarget): Promise<readonly string[]> {
    const problems: string[] = [];
    const verdict = checkHistory(this.#events, linkModel);
    if (verdict.verdict === 'not linearizable') problems.push(formatContradiction(verdict.firstImpossible));
    if (verdict.verdict === 'undecided') problems.push(`the history of ${verdict.key} could not be decided`);
    const left = this.#acknowledged.values();
    const visitor = async (): Promise<void> => {
      for (const [code, url] of left) {
        const { status, location } = await visit(through, code);
        if (status !== 302 || location !== url)
          problems.push(`${code} was acknowledged as ${url} and is ${status} ${location}`);
      }
    };
    await Promise.all(Array.from({ length: visitsAtOnce }, visitor));
    return problems;
  }

  async #contend(client: number): Promise<void> {
    // After an unknown outcome a client goes on under a new number: the old one's operation may still take effect.
    let process = client;
    for (let i = 0; !this.#end.signal.aborted; i++) {
      const node = this.#nodes[(client + i) % this.#nodes.length];
      if (node === undefined) return;
      const input = this.#input(client, i);
      this.#events.push({ process, type: 'invoke', input });
      const output = await this.#call(node, input);
      if (output === 'unknown') {
        this.#events.push({ process, type: 'info' });
        process += 1000;
      } else {
        this.#events.push({ process, type: 'ok', output });
      }
      await sleep(this.#options.pauseMs);
    }
  }

  #input(client: number, i: number): LinkInput {
    // Codes move on slowly, because a deleted one stays dead.
    const key = `h${this.#generation}-${Math.floor(i / 40)}-${Math.floor(Math.random() * codes)}`;
    const value = `https://example.com/${client}/${i}`;
    const draw = Math.random();
    if (draw < 0.3) return { f: 'create', key, value };
    if (draw < 0.5) return { f: 'update', key, value };
    return draw < 0.54 ? { f: 'delete', key } : { f: 'get', key };
  }

  async #create(client: number, node: LinksTarget): Promise<void> {
    for (let i = 0; !this.#end.signal.aborted; i++) {
      const code = `c${this.#generation}-${client}-${i}`;
      const url = `https://example.org/${code}`;
      const output = await this.#call(node, { f: 'create', key: code, value: url });
      // Without an answer nothing is promised.
      if (output !== 'unknown' && output.result === 'ok') this.#acknowledged.push([code, url]);
      await sleep(this.#options.createPauseMs);
    }
  }

  /** One operation, a write with all its attempts: they are one, as they share their idempotency key. */
  async #call(node: LinksTarget, input: LinkInput): Promise<LinkOutput | 'unknown'> {
    this.#operations++;
    const key = randomUUID();
    const isWrite = input.f !== 'get';
    const untilMs = performance.now() + this.#options.retryMs;
    let reason = '';
    for (;;) {
      const tell = (said: string): void => void (reason = said);
      const output = await callLink(node, input, isWrite ? { 'idempotency-key': key } : {}, tell);
      if (output !== 'unknown') return output;
      if (performance.now() >= untilMs) break;
      await sleep(retryPauseMs);
    }
    const kind = isWrite ? 'write' : 'redirect';
    this.#unanswered.push({ kind, at: new Date(), what: `${input.f} ${input.key}: ${reason}` });
    return 'unknown';
  }
}
