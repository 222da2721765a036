// SPDX-License-Identifier: Apache-2.0
import type { ObjectStoreSettings } from './adapters/object-store/open-object-store.ts';
import { formationGuard } from './threads/formation-guard.ts';

/** Why no new cluster may be formed on this object store, in words; undefined: it may. */
export async function whyNoFormation(settings: ObjectStoreSettings): Promise<string | undefined> {
  return formationGuard(settings)?.refusal();
}
