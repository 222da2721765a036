// SPDX-License-Identifier: Apache-2.0
import type { StoreApi } from '../ports/store-api.ts';

/**
 * The epochs under which this operator gives orders: one for each cluster, taken once in a term of leadership. It is never
 * taken again: who has taken a later one is in charge, and our orders are refused from then on (K-I10).
 */
export class Epochs {
  readonly #byCluster = new Map<string, number>();

  /** `clusterId`: of the store, so that a cluster that was made anew under an old name has its own. */
  async of(
    clusterId: string,
    { store, address }: { readonly store: StoreApi; readonly address: string },
    signal: AbortSignal,
  ): Promise<number> {
    const known = this.#byCluster.get(clusterId);
    if (known !== undefined) return known;
    const taken = await store.takeEpoch(address, signal);
    this.#byCluster.set(clusterId, taken);
    return taken;
  }
}
