// SPDX-License-Identifier: Apache-2.0
import type { MessagePort } from 'node:worker_threads';
import type { ChunkThreadData, ColdOrder, ColdReport } from './messages.ts';
import { WorkerThread } from './worker-thread.ts';
import type { WorkerEvents } from './worker-thread.ts';

/** The thread that reads chunks, as the main thread handles it. */
export class ColdWorker {
  readonly #thread: WorkerThread<ColdOrder, ColdReport>;
  readonly #started = Promise.withResolvers<void>();
  readonly #stopped = Promise.withResolvers<void>();

  constructor(data: ChunkThreadData, events: WorkerEvents) {
    const plan = {
      url: new URL('cold-thread.ts', import.meta.url),
      name: 'cold',
      description: 'the thread that reads chunks',
      data,
      transfer: [data.engine, data.copies],
    };
    this.#thread = new WorkerThread<ColdOrder, ColdReport>(
      { ...plan, onReport: ({ type }) => (type === 'started' ? this.#started : this.#stopped).resolve() },
      events,
    );
  }

  async started(): Promise<void> {
    return this.#started.promise;
  }

  /** A pipe to the rows in chunks for one more thread. */
  connect(): MessagePort {
    return this.#thread.connect((port) => ({ type: 'serve', port }));
  }

  /** Ends what runs. Nobody may ask for rows any more. */
  async stop(): Promise<void> {
    this.#thread.stop({ type: 'stop' });
    await this.#stopped.promise;
    await this.#thread.terminate();
  }
}
