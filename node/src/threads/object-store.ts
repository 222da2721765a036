// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { openObjectStore, type ObjectStoreSettings } from '../adapters/object-store/open-object-store.ts';
import { systemClock } from '../adapters/system/system-clock.ts';
import { SystemRandom } from '../adapters/system/system-random.ts';
import { systemTimers } from '../adapters/system/system-timers.ts';
import { usualRetryPolicy, type RetryPolicy } from '../engine/object-store/retrier.ts';
import { RetryingObjectStore } from '../engine/object-store/retrying-object-store.ts';
import type { ObjectStore } from '../ports/object-store.ts';

/** The object store that the options name, which tries again by itself. @throws ObjectStoreError */
export async function openRetryingStore(
  settings: ObjectStoreSettings,
  policy: RetryPolicy = usualRetryPolicy,
): Promise<ObjectStore> {
  const store = await openObjectStore(settings);
  const deps = {
    clock: systemClock,
    timers: systemTimers,
    random: new SystemRandom(),
    sha256: (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest(),
  };
  return new RetryingObjectStore(store, deps, policy);
}
