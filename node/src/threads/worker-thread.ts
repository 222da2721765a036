// SPDX-License-Identifier: Apache-2.0
import { MessageChannel, Worker } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';
import type { MetricsSnapshot } from '../telemetry/local-metrics.ts';
import { startWithHeapRoom } from './heap-room.ts';

export interface WorkerEvents {
  readonly onMetrics: (metrics: MetricsSnapshot) => void;
  /** The process must end now: the thread will answer nothing more. */
  readonly onFatal: (message: string) => void;
}

/** What every thread reports. */
type CommonReport =
  | { readonly type: 'metrics'; readonly metrics: MetricsSnapshot }
  | { readonly type: 'fatal'; readonly message: string };

export interface WorkerPlan<Report> {
  /** Of its composition root. */
  readonly url: URL;
  readonly name: string;
  /** In a sentence: `the thread that …`. */
  readonly description: string;
  readonly data: object;
  readonly transfer?: readonly MessagePort[];
  /** MiB of garbage that may come together (heap-room.ts); as V8 sees fit otherwise. */
  readonly heapRoomMib?: number;
  /** What it reports beside metrics and its end. */
  readonly onReport: (report: Exclude<Report, CommonReport>) => void;
}

/** A thread of the node as the main thread handles it. An end that nobody asked for is fatal for the process. */
export class WorkerThread<Order, Report extends { readonly type: string }> {
  readonly #worker: Worker;
  readonly #ended = Promise.withResolvers<void>();
  #stopping = false;

  constructor(plan: WorkerPlan<Report>, { onMetrics, onFatal }: WorkerEvents) {
    const { url, name, description, data, transfer = [], heapRoomMib, onReport } = plan;
    const transferList = [...transfer];
    const start = (): Worker => new Worker(url, { workerData: data, transferList, name });
    this.#worker = heapRoomMib === undefined ? start() : startWithHeapRoom(heapRoomMib, start);
    this.#worker.on('message', (report: CommonReport | Exclude<Report, CommonReport>) => {
      if (isMetrics(report)) onMetrics(report.metrics);
      else if (isFatal(report)) onFatal(report.message);
      else onReport(report);
    });
    this.#worker.on('error', (error) =>
      onFatal(error instanceof Error ? (error.stack ?? error.message) : String(error)),
    );
    this.#worker.on('exit', (code) => {
      this.#ended.resolve();
      if (!this.#stopping) onFatal(`${description} ended with code ${code}`);
    });
  }

  order(order: Order, transfer: readonly MessagePort[] = []): void {
    this.#worker.postMessage(order, [...transfer]);
  }

  /** A pipe to the thread for one more: the order takes the other end of it there. */
  connect(orderWith: (port: MessagePort) => Order): MessagePort {
    const { port1, port2 } = new MessageChannel();
    this.order(orderWith(port1), [port1]);
    return port2;
  }

  /** From now on it may end. */
  stop(order: Order): void {
    this.#stopping = true;
    this.order(order);
  }

  /** Resolves when it has ended by itself. */
  async ended(): Promise<void> {
    return this.#ended.promise;
  }

  async terminate(): Promise<void> {
    await this.#worker.terminate();
  }
}

function isMetrics(report: { readonly type: string }): report is Extract<CommonReport, { readonly type: 'metrics' }> {
  return report.type === 'metrics';
}

function isFatal(report: { readonly type: string }): report is Extract<CommonReport, { readonly type: 'fatal' }> {
  return report.type === 'fatal';
}
