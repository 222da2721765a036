// SPDX-License-Identifier: Apache-2.0
import { ObjectStoreError } from '../../ports/object-store.ts';
import { systemTimers } from '../system/system-timers.ts';

/** Waits for work that cannot be stopped; when the time is over it goes on, and what became of it is unknown. */
export async function withDeadline<T>(what: string, timeoutMs: number, work: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const cancel = systemTimers.after(timeoutMs, () => {
    late.reject(
      new ObjectStoreError('timeout', `${what}: no answer in ${timeoutMs} ms; whether it was done is unknown`),
    );
  });
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    cancel();
  }
}
