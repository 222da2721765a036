// SPDX-License-Identifier: Apache-2.0
import type { ObjectStoreSettings } from './adapters/object-store/open-object-store.ts';
import { SystemRandom } from './adapters/system/system-random.ts';
import { usualRetryPolicy } from './engine/object-store/retrier.ts';
import {
  checkObjectStore,
  type CheckOptions,
  type StoreReport,
} from './services/object-store-check/check-object-store.ts';
import { openRetryingStore } from './threads/object-store.ts';

/** Fewer than a node makes: a store that needs many is one to know about. */
const maxAttempts = 3;

/** Opens the store that the options name, checks it and closes it. @throws ObjectStoreError when it cannot be used at all. */
export async function checkObjectStoreAt(settings: ObjectStoreSettings, options: CheckOptions): Promise<StoreReport> {
  const store = await openRetryingStore(settings, { ...usualRetryPolicy, maxAttempts });
  try {
    return await checkObjectStore(store, new SystemRandom(), options);
  } finally {
    await store.close();
  }
}
