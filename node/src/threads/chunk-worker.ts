// SPDX-License-Identifier: Apache-2.0
import { MessageChannel, Worker } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';
import type { MetricsSnapshot } from '../telemetry/local-metrics.ts';
import type { ChunkOrder, ChunkReport, ChunkThreadData } from './messages.ts';

export interface ChunkWorkerEvents {
  readonly onMetrics: (metrics: MetricsSnapshot) => void;
  readonly onFatal: (message: string) => void;
}

/** The thread that makes and moves chunks, as the main thread handles it. */
export class ChunkWorker {
  readonly #worker: Worker;
  readonly #events: ChunkWorkerEvents;
  readonly #started = Promise.withResolvers<void>();
  readonly #stopped = Promise.withResolvers<void>();
  #notice: string | undefined;
  #stopping = false;

  constructor(data: ChunkThreadData, events: ChunkWorkerEvents) {
    this.#events = events;
    this.#worker = new Worker(new URL('chunk-thread.ts', import.meta.url), {
      workerData: data,
      transferList: [data.engine, data.copies],
      name: 'chunk',
    });
    this.#worker.on('message', (report: ChunkReport) => this.#onReport(report));
    this.#worker.on('error', (error) =>
      events.onFatal(error instanceof Error ? (error.stack ?? error.message) : String(error)),
    );
    this.#worker.on('exit', (code) => {
      if (!this.#stopping) events.onFatal(`the thread that makes chunks ended with code ${code}`);
    });
  }

  async started(): Promise<void> {
    return this.#started.promise;
  }

  /** What whoever looks at the node should know; undefined: nothing. */
  get notice(): string | undefined {
    return this.#notice;
  }

  /** A pipe to the jobs over the objects. */
  connectUpkeep(): MessagePort {
    const { port1, port2 } = new MessageChannel();
    this.#order({ type: 'upkeep', port: port1 }, [port1]);
    return port2;
  }

  /** Ends what runs. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#order({ type: 'stop' });
    await this.#stopped.promise;
    await this.#worker.terminate();
  }

  #order(order: ChunkOrder, transfer: readonly MessagePort[] = []): void {
    this.#worker.postMessage(order, [...transfer]);
  }

  #onReport(report: ChunkReport): void {
    switch (report.type) {
      case 'started':
        return this.#started.resolve();
      case 'notice':
        this.#notice = report.message;
        return undefined;
      case 'metrics':
        return this.#events.onMetrics(report.metrics);
      case 'stopped':
        return this.#stopped.resolve();
      case 'fatal':
        return this.#events.onFatal(report.message);
    }
  }
}
