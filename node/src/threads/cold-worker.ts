// SPDX-License-Identifier: Apache-2.0
import { MessageChannel, Worker } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';
import type { MetricsSnapshot } from '../telemetry/local-metrics.ts';
import type { ChunkThreadData, ColdOrder, ColdReport } from './messages.ts';

export interface ColdWorkerEvents {
  readonly onMetrics: (metrics: MetricsSnapshot) => void;
  readonly onFatal: (message: string) => void;
}

/** The thread that reads chunks, as the main thread handles it. */
export class ColdWorker {
  readonly #worker: Worker;
  readonly #events: ColdWorkerEvents;
  readonly #started = Promise.withResolvers<void>();
  readonly #stopped = Promise.withResolvers<void>();
  #stopping = false;

  constructor(data: ChunkThreadData, events: ColdWorkerEvents) {
    this.#events = events;
    this.#worker = new Worker(new URL('cold-thread.ts', import.meta.url), {
      workerData: data,
      transferList: [data.engine, data.copies],
      name: 'cold',
    });
    this.#worker.on('message', (report: ColdReport) => this.#onReport(report));
    this.#worker.on('error', (error) =>
      events.onFatal(error instanceof Error ? (error.stack ?? error.message) : String(error)),
    );
    this.#worker.on('exit', (code) => {
      if (!this.#stopping) events.onFatal(`the thread that reads chunks ended with code ${code}`);
    });
  }

  async started(): Promise<void> {
    return this.#started.promise;
  }

  /** A pipe to the rows in chunks for one more thread. */
  connect(): MessagePort {
    const { port1, port2 } = new MessageChannel();
    this.#order({ type: 'serve', port: port1 }, [port1]);
    return port2;
  }

  /** Ends what runs. Nobody may ask for rows any more. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#order({ type: 'stop' });
    await this.#stopped.promise;
    await this.#worker.terminate();
  }

  #order(order: ColdOrder, transfer: readonly MessagePort[] = []): void {
    this.#worker.postMessage(order, [...transfer]);
  }

  #onReport(report: ColdReport): void {
    switch (report.type) {
      case 'started':
        return this.#started.resolve();
      case 'metrics':
        return this.#events.onMetrics(report.metrics);
      case 'stopped':
        return this.#stopped.resolve();
      case 'fatal':
        return this.#events.onFatal(report.message);
    }
  }
}
