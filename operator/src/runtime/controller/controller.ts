// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '../../ports/clock.ts';
import { KubeError } from '../../ports/kube-api.ts';
import type { Logger } from '../../ports/logger.ts';
import type { RuntimeMetrics } from '../metrics.ts';
import type { WorkQueue } from '../queue/work-queue.ts';
import { withDeadline } from '../waiting.ts';

const msPerSecond = 1000;

export interface ReconcileResult {
  /** Looks again after that time, even if nothing changes. */
  readonly requeueAfterMs?: number | undefined;
}

/**
 * Brings the world of one key closer to what is wanted. Level-triggered: it may be called at any time, any number of times,
 * never twice at once for a key. It stops soon after `signal` is aborted.
 */
export type Reconcile = (key: string, signal: AbortSignal) => Promise<ReconcileResult>;

/** Trying again cannot help before something changes: the key is left alone until then. */
export class TerminalError extends Error {
  override readonly name = 'TerminalError';
}

export interface ControllerOptions {
  readonly name: string;
  readonly queue: WorkQueue;
  readonly reconcile: Reconcile;
  /** Keys that are worked on at the same time. */
  readonly workers: number;
  /** Of one reconciliation. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly metrics: RuntimeMetrics;
  readonly logger: Logger;
}

/** Takes keys from a queue and reconciles them. */
export class Controller {
  readonly #options: ControllerOptions;
  #active = 0;

  constructor(options: ControllerOptions) {
    this.#options = options;
    const { metrics, name, workers } = options;
    metrics.set('controller_runtime_max_concurrent_reconciles', workers, { controller: name });
    metrics.set('controller_runtime_active_workers', 0, { controller: name });
    metrics.add('controller_runtime_reconcile_errors_total', 0, { controller: name });
    metrics.add('controller_runtime_terminal_reconcile_errors_total', 0, { controller: name });
    for (const result of ['success', 'error', 'requeue', 'requeue_after'] as const) {
      metrics.add('controller_runtime_reconcile_total', 0, { controller: name, result });
    }
  }

  /** Works until `signal` is aborted, which cuts off what is running too. @returns when no reconciliation runs any more. */
  async run(signal: AbortSignal): Promise<void> {
    const { queue, workers } = this.#options;
    const stop = () => void queue.stop();
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    await Promise.all(Array.from({ length: workers }, async () => this.#work(signal)));
    signal.removeEventListener('abort', stop);
  }

  async #work(signal: AbortSignal): Promise<void> {
    const { queue } = this.#options;
    for (let key = await queue.take(); key !== undefined; key = await queue.take()) {
      this.#setActive(this.#active + 1);
      try {
        await this.#reconcile(key, signal);
      } finally {
        this.#setActive(this.#active - 1);
        queue.done(key);
      }
    }
  }

  async #reconcile(key: string, signal: AbortSignal): Promise<void> {
    const { clock, metrics, name, reconcile, timeoutMs } = this.#options;
    const startMs = clock.monotonicMs();
    try {
      // A reconciliation that ignores its deadline is waited for: two of one key at once would be worse than none.
      const deadline = { timeoutMs, what: `reconciling ${key}` };
      this.#succeeded(key, await withDeadline(clock, signal, deadline, async (own) => reconcile(key, own)));
    } catch (error) {
      if (!signal.aborted) this.#failed(key, error);
    } finally {
      const seconds = (clock.monotonicMs() - startMs) / msPerSecond;
      metrics.observe('controller_runtime_reconcile_time_seconds', seconds, { controller: name });
    }
  }

  #succeeded(key: string, { requeueAfterMs }: ReconcileResult): void {
    const { metrics, name, queue } = this.#options;
    queue.forget(key);
    if (requeueAfterMs !== undefined) queue.addAfter(key, requeueAfterMs);
    const result = requeueAfterMs === undefined ? 'success' : 'requeue_after';
    metrics.add('controller_runtime_reconcile_total', 1, { controller: name, result });
  }

  #failed(key: string, error: unknown): void {
    const { logger, metrics, name, queue } = this.#options;
    metrics.add('controller_runtime_reconcile_total', 1, { controller: name, result: 'error' });
    metrics.add('controller_runtime_reconcile_errors_total', 1, { controller: name });
    if (error instanceof TerminalError) {
      queue.forget(key);
      metrics.add('controller_runtime_terminal_reconcile_errors_total', 1, { controller: name });
      logger.error('reconciling failed for good; it is tried again when something changes', {
        controller: name,
        key,
        error,
      });
      return;
    }
    queue.retry(key, error instanceof KubeError ? error.retryAfterMs : undefined);
    logger.warn('reconciling failed; it is tried again', {
      controller: name,
      key,
      failures: queue.failures(key),
      error,
    });
  }

  #setActive(active: number): void {
    this.#active = active;
    const { metrics, name } = this.#options;
    metrics.set('controller_runtime_active_workers', active, { controller: name });
  }
}
