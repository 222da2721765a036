// SPDX-License-Identifier: Apache-2.0
import type { RedirectOrder, RedirectReport, RedirectThreadData } from './messages.ts';
import { WorkerThread } from './worker-thread.ts';
import type { WorkerEvents } from './worker-thread.ts';

/** One thread that serves redirects, as the main thread handles it. */
export class RedirectWorker {
  readonly #thread: WorkerThread<RedirectOrder, RedirectReport>;
  readonly #listening = Promise.withResolvers<string>();
  readonly #drained = Promise.withResolvers<void>();

  constructor(data: RedirectThreadData, events: WorkerEvents) {
    const plan = {
      url: new URL('redirect-thread.ts', import.meta.url),
      name: 'redirect',
      description: 'a redirect thread',
      data,
      transfer: data.coldTier === undefined ? [data.engine] : [data.engine, data.coldTier],
    };
    this.#thread = new WorkerThread<RedirectOrder, RedirectReport>(
      {
        ...plan,
        onReport: (report) => {
          if (report.type === 'listening') this.#listening.resolve(report.address);
          else this.#drained.resolve();
        },
      },
      events,
    );
  }

  /** The address that is bound. */
  async listening(): Promise<string> {
    return this.#listening.promise;
  }

  /** Accepts nothing new and resolves when the last connection is closed. */
  async drain(): Promise<void> {
    this.#thread.order({ type: 'drain' });
    await this.#drained.promise;
  }

  async stop(): Promise<void> {
    this.#thread.stop({ type: 'stop' });
    await this.#thread.ended();
  }
}
