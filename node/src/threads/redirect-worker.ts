// SPDX-License-Identifier: Apache-2.0
import { Worker } from 'node:worker_threads';
import type { MetricsSnapshot } from '../telemetry/local-metrics.ts';
import type { RedirectOrder, RedirectReport, RedirectThreadData } from './messages.ts';

export interface RedirectWorkerEvents {
  readonly onMetrics: (metrics: MetricsSnapshot) => void;
  readonly onFatal: (message: string) => void;
}

/** One thread that serves redirects, as the main thread handles it. */
export class RedirectWorker {
  readonly #worker: Worker;
  readonly #events: RedirectWorkerEvents;
  readonly #listening = Promise.withResolvers<string>();
  readonly #drained = Promise.withResolvers<void>();
  readonly #ended = Promise.withResolvers<void>();
  #stopping = false;

  constructor(data: RedirectThreadData, events: RedirectWorkerEvents) {
    this.#events = events;
    this.#worker = new Worker(new URL('redirect-thread.ts', import.meta.url), {
      workerData: data,
      transferList: data.coldTier === undefined ? [data.engine] : [data.engine, data.coldTier],
      name: 'redirect',
    });
    this.#worker.on('message', (report: RedirectReport) => this.#onReport(report));
    this.#worker.on('error', (error) =>
      events.onFatal(error instanceof Error ? (error.stack ?? error.message) : String(error)),
    );
    this.#worker.on('exit', (code) => {
      this.#ended.resolve();
      if (!this.#stopping) events.onFatal(`a redirect thread ended with code ${code}`);
    });
  }

  /** The address that is bound. */
  async listening(): Promise<string> {
    return this.#listening.promise;
  }

  /** Accepts nothing new and resolves when the last connection is closed. */
  async drain(): Promise<void> {
    this.#order({ type: 'drain' });
    await this.#drained.promise;
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    this.#order({ type: 'stop' });
    await this.#ended.promise;
  }

  #order(order: RedirectOrder): void {
    this.#worker.postMessage(order);
  }

  #onReport(report: RedirectReport): void {
    switch (report.type) {
      case 'listening':
        return this.#listening.resolve(report.address);
      case 'metrics':
        return this.#events.onMetrics(report.metrics);
      case 'drained':
        return this.#drained.resolve();
      case 'fatal':
        return this.#events.onFatal(report.message);
    }
  }
}
