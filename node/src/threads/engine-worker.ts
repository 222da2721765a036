// SPDX-License-Identifier: Apache-2.0
import type { MessagePort } from 'node:worker_threads';
import type { Config } from '../config/options.ts';
import type { EngineHealth } from '../engine/engine-api.ts';
import type { EngineOrder, EngineReport, EngineShares } from './messages.ts';
import { WorkerThread } from './worker-thread.ts';
import type { WorkerEvents } from './worker-thread.ts';

/** Opening a large store takes its time; a disk that hangs for longer than this is worth a restart elsewhere. */
const liveLimitMs = 60_000;
/** Some two seconds of requests, entries and rows at full load. */
const heapRoomMib = 128;

export interface EngineStart {
  readonly nodeId: string;
  readonly shares: EngineShares;
}

/** The engine's thread, as the main thread handles it. */
export class EngineWorker {
  readonly #thread: WorkerThread<EngineOrder, EngineReport>;
  readonly #started = Promise.withResolvers<EngineStart>();
  readonly #drained = Promise.withResolvers<void>();
  readonly #stopped = Promise.withResolvers<void>();
  #health: EngineHealth = { ready: false, writable: false, waitingFor: 'the store to open' };
  #heardAtMs = performance.now();

  constructor(config: Config, events: WorkerEvents) {
    const plan = {
      url: new URL('engine-thread.ts', import.meta.url),
      name: 'engine',
      description: "the engine's thread",
      data: { config },
      heapRoomMib,
    };
    const onMetrics: WorkerEvents['onMetrics'] = (metrics) => {
      this.#heardAtMs = performance.now();
      events.onMetrics(metrics);
    };
    this.#thread = new WorkerThread<EngineOrder, EngineReport>(
      { ...plan, onReport: (report) => this.#onReport(report) },
      { ...events, onMetrics },
    );
  }

  /** False when the engine's thread has not been heard of for long: it hangs in a write, or in a loop. */
  isLive(): boolean {
    return performance.now() - this.#heardAtMs < liveLimitMs;
  }

  get health(): EngineHealth {
    return this.#health;
  }

  /** Resolves once the store is open and the node listens to its peers. */
  async started(): Promise<EngineStart> {
    return this.#started.promise;
  }

  /** A pipe to the engine for one more thread. */
  connect(): MessagePort {
    return this.#thread.connect((port) => ({ type: 'serve', port }));
  }

  /** From now on the engine asks for chunks through this port. */
  useColdTier(port: MessagePort): void {
    this.#thread.order({ type: 'coldTier', port }, [port]);
  }

  /** Hands the leaderships over, within `timeoutMs` or not at all. */
  async drain(timeoutMs: number): Promise<void> {
    this.#thread.order({ type: 'drain', timeoutMs });
    await this.#drained.promise;
  }

  /** Flushes and closes the store. Nobody may read through its handle any more. */
  async stop(): Promise<void> {
    this.#thread.stop({ type: 'stop' });
    await this.#stopped.promise;
    await this.#thread.terminate();
  }

  #onReport(report: Exclude<EngineReport, { readonly type: 'metrics' | 'fatal' }>): void {
    this.#heardAtMs = performance.now();
    switch (report.type) {
      case 'started':
        return this.#started.resolve({ nodeId: report.nodeId, shares: report.shares });
      case 'health':
        this.#health = report.health;
        return undefined;
      case 'drained':
        return this.#drained.resolve();
      case 'stopped':
        return this.#stopped.resolve();
    }
  }
}
