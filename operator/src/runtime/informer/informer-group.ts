// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '../../ports/clock.ts';
import { keyOfObject, keyText } from '../../ports/resource-key.ts';
import type { Random } from '../../ports/random.ts';
import { jittered } from '../backoff.ts';
import { sleep } from '../waiting.ts';
import type { Informer } from './informer.ts';

/** Beyond that a process with stale caches is not ready. */
export const maxStaleMs = 120_000;

export interface Resync {
  readonly informer: Informer;
  readonly intervalMs: number;
  readonly clock: Clock;
  readonly random: Random;
  /** Wants work on the key. */
  readonly add: (key: string) => void;
}

/** The informers of a process together. */
export class InformerGroup {
  readonly #informers: readonly Informer[];

  constructor(informers: readonly Informer[]) {
    this.#informers = informers;
  }

  /** Follows the server until `signal` is aborted; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all(this.#informers.map(async (informer) => informer.run(signal)));
  }

  /** Once every cache has been complete; nothing should be reconciled before. */
  async synced(): Promise<void> {
    await Promise.all(this.#informers.map(async ({ synced }) => synced));
  }

  /** Why the caches should not be relied on, in words; undefined when nothing is wrong. */
  problem(): string | undefined {
    for (const { hasSynced, resource, staleMs } of this.#informers) {
      if (!hasSynced) return `${resource.plural} have not been listed yet`;
      if (staleMs > maxStaleMs) {
        return `${resource.plural} are as they were ${Math.round(staleMs / 1000)} s ago: the API server does not answer`;
      }
    }
    return undefined;
  }
}

/** Wants work on every object now and then, even if nothing changes: what a defect forgot is found again. */
export async function resyncPeriodically(
  { add, clock, informer, intervalMs, random }: Resync,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await sleep(clock, jittered(intervalMs, random), signal).catch(() => {});
    if (signal.aborted) return;
    for (const object of informer.list()) add(keyText(keyOfObject(object)));
  }
}
