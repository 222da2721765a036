// SPDX-License-Identifier: Apache-2.0
import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { reasonOf, type LinksTarget } from '../../harness/links-api.ts';
import { Workload, type Unanswered } from '../../harness/workload.ts';

const visitTimeoutMs = 10_000;
/** Longer than any planned interruption: an election, a pod that ends, endpoints that are told. */
const retryMs = 30_000;
const patienceMs = 60_000;

export interface LoadOptions {
  /** Visitors that follow links, each time over a connection of its own, as other people are. */
  readonly visitors?: number;
  readonly pauseMs?: number;
}

/**
 * What users do while something happens: they write, they read what they wrote, and others follow the links. The history is
 * recorded, and judged at the end.
 */
export class Load implements AsyncDisposable {
  readonly #workload: Workload;
  readonly #target: LinksTarget;
  readonly #failed: Unanswered[] = [];
  readonly #end = new AbortController();
  readonly #visitors: Promise<void>[];
  // A closed connection that is used again at that moment is no failure of the cluster: HTTP leaves it to clients.
  readonly #agent = new Agent({ keepAlive: false });
  #visits = 0;

  private constructor(target: LinksTarget, { visitors = 3, pauseMs = 40 }: LoadOptions) {
    this.#target = target;
    const targets = [target, target];
    this.#workload = new Workload(targets, { clients: 4, pauseMs, createPauseMs: pauseMs, retryMs });
    this.#visitors = Array.from({ length: visitors }, async () => this.#visit(pauseMs / 2));
  }

  /** Returns once it gets through. */
  static async start(target: LinksTarget, options: LoadOptions = {}): Promise<Load> {
    const load = new Load(target, options);
    try {
      await load.goesOn(patienceMs);
    } catch (error) {
      await load[Symbol.asyncDispose]();
      throw error;
    }
    return load;
  }

  /** Links that were acknowledged so far. */
  get acknowledged(): number {
    return this.#workload.acknowledged;
  }

  /** Redirects and writes that failed, after all attempts that a client makes. */
  get failures(): readonly string[] {
    return [...this.#failed, ...this.#workload.unanswered]
      .toSorted((a, b) => a.at.getTime() - b.at.getTime())
      .map(({ at, what }) => `${at.toISOString()} ${what}`);
  }

  get summary(): string {
    const { operations, acknowledged } = this.#workload;
    return `${this.#visits} visits, ${operations} operations, ${acknowledged} links, ${this.failures.length} failed`;
  }

  /** Waits for some more writes and visits to get through. */
  async goesOn(limitMs = patienceMs): Promise<void> {
    const [links, visits] = [this.acknowledged, this.#visits];
    const untilMs = performance.now() + limitMs;
    while (this.acknowledged < links + 20 || this.#visits < visits + 20) {
      if (performance.now() > untilMs)
        throw new Error(`no 20 writes and visits within ${limitMs} ms; ${this.failures.slice(-5).join('; ')}`);
      await sleep(50);
    }
  }

  /** Ends it, when the cluster is whole again. @returns what is wrong with what was seen. */
  async verdict(): Promise<readonly string[]> {
    await this.stop();
    return this.#workload.problems(this.#target);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  /** No more requests; what was seen can still be judged later. */
  async stop(): Promise<void> {
    this.#end.abort();
    await Promise.all([...this.#visitors, this.#workload.stop()]);
    this.#agent.destroy();
  }

  async #visit(pauseMs: number): Promise<void> {
    while (!this.#end.signal.aborted) {
      const link = drawn(this.#workload.links);
      if (link !== undefined) await this.#follow(link);
      await sleep(pauseMs);
    }
  }

  async #follow([code, url]: readonly [string, string]): Promise<void> {
    const fail = (reason: string): void => {
      this.#failed.push({ kind: 'redirect', at: new Date(), what: `visit ${code}: ${reason}` });
    };
    try {
      const { status, location } = await visitAlone(`${this.#target.redirect}/${code}`, this.#agent);
      if (status !== 302 || location !== url) fail(`${status} ${location ?? ''}`);
    } catch (error) {
      fail(reasonOf(error));
    }
    this.#visits++;
  }
}

/** Newer links rather than old ones: they are what is lost first. */
function drawn(links: Workload['links']): Workload['links'][number] | undefined {
  return links[links.length - 1 - Math.floor(Math.random() ** 2 * links.length)];
}

async function visitAlone(
  url: string,
  agent: Agent,
): Promise<{ readonly status: number | undefined; readonly location: string | undefined }> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { agent, timeout: visitTimeoutMs }, (response) => {
      response.resume();
      response.once('end', () => resolve({ status: response.statusCode, location: response.headers.location }));
      response.once('error', reject);
    });
    sent.once('timeout', () => sent.destroy(new Error(`no answer within ${visitTimeoutMs} ms`)));
    sent.once('error', reject);
    sent.end();
  });
}
