// SPDX-License-Identifier: Apache-2.0
import type { Expectations } from '../writes/expectations.ts';
import type { Reconcile } from './controller.ts';

/**
 * Reconciles a key only while its caches show everything that its reconciliations wrote. The change that is waited for adds
 * the key by itself; the time-out of the wait is looked at again when it is over.
 */
export function readingItsWrites(expectations: Expectations, reconcile: Reconcile): Reconcile {
  return async (key, signal) => {
    const awaited = expectations.awaited(key);
    if (awaited !== undefined) return { requeueAfterMs: awaited.remainingMs };
    return reconcile(key, signal);
  };
}
