// SPDX-License-Identifier: Apache-2.0
import { MessageChannel, Worker } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';
import type { Config } from '../config/options.ts';
import type { EngineHealth } from '../engine/engine-api.ts';
import type { MetricsSnapshot } from '../telemetry/local-metrics.ts';
import type { EngineOrder, EngineReport, EngineShares } from './messages.ts';

export interface EngineWorkerEvents {
  readonly onMetrics: (metrics: MetricsSnapshot) => void;
  /** The process must end now: the thread will answer nothing more. */
  readonly onFatal: (message: string) => void;
}

/** Opening a large store takes its time; a disk that hangs for longer than this is worth a restart elsewhere. */
const liveLimitMs = 60_000;

export interface EngineStart {
  readonly nodeId: string;
  readonly shares: EngineShares;
}

/** The engine's thread, as the main thread handles it. */
export class EngineWorker {
  readonly #worker: Worker;
  readonly #events: EngineWorkerEvents;
  readonly #started = Promise.withResolvers<EngineStart>();
  readonly #drained = Promise.withResolvers<void>();
  readonly #stopped = Promise.withResolvers<void>();
  #health: EngineHealth = { ready: false, writable: false, waitingFor: 'the store to open' };
  #stopping = false;
  #heardAtMs = performance.now();

  constructor(config: Config, events: EngineWorkerEvents) {
    this.#events = events;
    this.#worker = new Worker(new URL('engine-thread.ts', import.meta.url), { workerData: { config }, name: 'engine' });
    this.#worker.on('message', (report: EngineReport) => this.#onReport(report));
    this.#worker.on('error', (error) =>
      events.onFatal(error instanceof Error ? (error.stack ?? error.message) : String(error)),
    );
    this.#worker.on('exit', (code) => {
      if (!this.#stopping) events.onFatal(`the engine's thread ended with code ${code}`);
    });
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
    const { port1, port2 } = new MessageChannel();
    this.#order({ type: 'serve', port: port1 }, [port1]);
    return port2;
  }

  /** From now on the engine asks for chunks through this port. */
  useColdTier(port: MessagePort): void {
    this.#order({ type: 'coldTier', port }, [port]);
  }

  /** Hands the leaderships over, within `timeoutMs` or not at all. */
  async drain(timeoutMs: number): Promise<void> {
    this.#order({ type: 'drain', timeoutMs });
    await this.#drained.promise;
  }

  /** Flushes and closes the store. Nobody may read through its handle any more. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#order({ type: 'stop' });
    await this.#stopped.promise;
    await this.#worker.terminate();
  }

  #order(order: EngineOrder, transfer: readonly MessagePort[] = []): void {
    this.#worker.postMessage(order, [...transfer]);
  }

  #onReport(report: EngineReport): void {
    this.#heardAtMs = performance.now();
    switch (report.type) {
      case 'started':
        return this.#started.resolve({ nodeId: report.nodeId, shares: report.shares });
      case 'health':
        this.#health = report.health;
        return undefined;
      case 'metrics':
        return this.#events.onMetrics(report.metrics);
      case 'drained':
        return this.#drained.resolve();
      case 'stopped':
        return this.#stopped.resolve();
      case 'fatal':
        return this.#events.onFatal(report.message);
    }
  }
}
