// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import { checkHistory } from '../checkers/check-history.ts';
import { formatContradiction } from '../checkers/explain.ts';
import type { HistoryEvent } from '../checkers/history.ts';
import { linkModel } from '../checkers/models/link.ts';
import type { LinkInput, LinkOutput } from '../checkers/models/link.ts';
import { callLink, createLink, visit } from './links-api.ts';
import type { TestNode } from './test-node.ts';

const codes = 12;
const pauseMs = 15;

/**
 * Clients that work on a few codes through all nodes, and one a node that creates links of its own: the former's history
 * must be linearizable, and every link that was acknowledged to the latter must be there at the end.
 */
export class Workload implements AsyncDisposable {
  readonly #nodes: readonly TestNode[];
  readonly #events: HistoryEvent<LinkInput, LinkOutput>[] = [];
  readonly #acknowledged = new Map<string, string>();
  readonly #clients: Promise<void>[] = [];
  readonly #generation = Math.random().toString(36).slice(2, 6);
  readonly #end = new AbortController();

  constructor(nodes: readonly TestNode[], clients = 6) {
    this.#nodes = nodes;
    for (let i = 0; i < clients; i++) this.#clients.push(this.#contend(i));
    for (const [i, node] of nodes.entries()) this.#clients.push(this.#create(i, node));
  }

  /** Acknowledged creates so far: to see that the load gets through. */
  get acknowledged(): number {
    return this.#acknowledged.size;
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
  async problems(through: TestNode): Promise<readonly string[]> {
    const problems: string[] = [];
    const verdict = checkHistory(this.#events, linkModel);
    if (verdict.verdict === 'not linearizable') problems.push(formatContradiction(verdict.firstImpossible));
    if (verdict.verdict === 'undecided') problems.push(`the history of ${verdict.key} could not be decided`);
    for (const [code, url] of this.#acknowledged) {
      const { status, location } = await visit(through, code);
      if (status !== 302 || location !== url)
        problems.push(`${code} was acknowledged as ${url} and is ${status} ${location}`);
    }
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
      const output = await callLink(node, input);
      if (output === 'unknown') {
        this.#events.push({ process, type: 'info' });
        process += 1000;
      } else {
        this.#events.push({ process, type: 'ok', output });
      }
      await sleep(pauseMs);
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

  async #create(client: number, node: TestNode): Promise<void> {
    for (let i = 0; !this.#end.signal.aborted; i++) {
      const code = `c${this.#generation}-${client}-${i}`;
      const url = `https://example.org/${code}`;
      try {
        const response = await createLink(node, { url, code });
        await response.arrayBuffer();
        if (response.status === 201) this.#acknowledged.set(code, url);
      } catch {
        // Not acknowledged: nothing is promised.
      }
      await sleep(5);
    }
  }
}
