// SPDX-License-Identifier: Apache-2.0
import type { MessagePort } from 'node:worker_threads';
import type { ChunkOrder, ChunkReport, ChunkThreadData } from './messages.ts';
import { WorkerThread } from './worker-thread.ts';
import type { WorkerEvents } from './worker-thread.ts';

/** The thread that makes and moves chunks, as the main thread handles it. */
export class ChunkWorker {
  readonly #thread: WorkerThread<ChunkOrder, ChunkReport>;
  readonly #started = Promise.withResolvers<void>();
  readonly #stopped = Promise.withResolvers<void>();
  #notice: string | undefined;

  constructor(data: ChunkThreadData, events: WorkerEvents) {
    const plan = {
      url: new URL('chunk-thread.ts', import.meta.url),
      name: 'chunk',
      description: 'the thread that makes chunks',
      data,
      transfer: [data.engine, data.copies],
    };
    this.#thread = new WorkerThread<ChunkOrder, ChunkReport>(
      {
        ...plan,
        onReport: (report) => {
          if (report.type === 'notice') this.#notice = report.message;
          else (report.type === 'started' ? this.#started : this.#stopped).resolve();
        },
      },
      events,
    );
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
    return this.#thread.connect((port) => ({ type: 'upkeep', port }));
  }

  /** Ends what runs. */
  async stop(): Promise<void> {
    this.#thread.stop({ type: 'stop' });
    await this.#stopped.promise;
    await this.#thread.terminate();
  }
}
