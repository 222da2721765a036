// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import type { CreatedLink } from './link-file.ts';
import { RedirectClient } from './redirect-client.ts';

export interface ReadBackResult {
  readonly read: number;
  readonly seconds: number;
  /** Links that did not lead where they must, in words; the first of them. */
  readonly wrong: readonly string[];
  readonly wrongCount: number;
  /** Answers of 5xx or lost connections, each tried again. */
  readonly retries: number;
}

export interface ReadBackPlan {
  readonly redirects: readonly string[];
  /** The listener that a link is read through. */
  readonly listenerOf: (link: CreatedLink) => number;
  readonly onProgress: (read: number) => void;
}

const connectionsPerListener = 4;
/** Requests on the way on one connection. */
const inFlightPerConnection = 32;
const maxAttempts = 8;
const firstPauseMs = 100;
const maxExamples = 10;

/** Follows every link and compares where it leads. */
export async function readBack(links: AsyncIterable<CreatedLink>, plan: ReadBackPlan): Promise<ReadBackResult> {
  const lanes = plan.redirects.map((base) =>
    Array.from({ length: connectionsPerListener }, () => new Reconnecting(base)),
  );
  const wrong: string[] = [];
  const count = { read: 0, wrong: 0, retries: 0 };
  const check = async (link: CreatedLink, connection: Reconnecting): Promise<void> => {
    const found = await follow(link, connection, () => count.retries++);
    count.read++;
    if (found !== `302 ${link.url}`) {
      count.wrong++;
      if (wrong.length < maxExamples) wrong.push(`${link.code}: ${found}, expected 302 ${link.url}`);
    }
    if (count.read % 1000 === 0) plan.onProgress(count.read);
  };
  const startMs = performance.now();
  const slots = new Slots(plan.redirects.length * connectionsPerListener * inFlightPerConnection);
  let turn = 0;
  try {
    for await (const link of links) {
      const connections = lanes[plan.listenerOf(link)] ?? [];
      const connection = connections[turn++ % connections.length];
      if (connection === undefined) throw new Error(`there is no redirect listener ${plan.listenerOf(link)}`);
      await slots.take();
      void check(link, connection).finally(() => slots.give());
    }
    await slots.allGiven();
  } finally {
    for (const connection of lanes.flat()) connection.close();
  }
  const seconds = (performance.now() - startMs) / 1000;
  return { read: count.read, seconds, wrong, wrongCount: count.wrong, retries: count.retries };
}

/** Status and location in words; tries again while the node says that it cannot answer now. */
async function follow(link: CreatedLink, connection: Reconnecting, onRetry: () => void): Promise<string> {
  let found = '';
  for (let attempt = 0; attempt < maxAttempts; attempt++) {
    if (attempt > 0) {
      onRetry();
      await sleep(firstPauseMs * 2 ** (attempt - 1));
    }
    try {
      const { status, location } = await connection.get(link.code);
      found = `${status} ${location ?? ''}`;
      if (status < 500) return found;
    } catch (error) {
      found = error instanceof Error ? error.message : String(error);
    }
  }
  return found;
}

/** Bounds what is under way at once; one taker at a time. */
class Slots {
  readonly #all: number;
  #free: number;
  #wake: (() => void) | undefined;

  constructor(count: number) {
    this.#all = count;
    this.#free = count;
  }

  async take(): Promise<void> {
    await this.#until(() => this.#free > 0);
    this.#free--;
  }

  give(): void {
    this.#free++;
    this.#wake?.();
  }

  async allGiven(): Promise<void> {
    await this.#until(() => this.#free === this.#all);
  }

  async #until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

/** A connection that opens itself again. */
class Reconnecting {
  readonly #base: string;
  #client: Promise<RedirectClient> | undefined;

  constructor(base: string) {
    this.#base = base;
  }

  async get(code: string): ReturnType<RedirectClient['get']> {
    const opening = (this.#client ??= RedirectClient.open(this.#base));
    try {
      return await (await opening).get(code);
    } catch (error) {
      if (this.#client === opening) this.#client = undefined;
      throw error;
    }
  }

  close(): void {
    void this.#client?.then((client) => client.close()).catch(() => undefined);
  }
}
