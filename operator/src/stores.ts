// SPDX-License-Identifier: Apache-2.0
import type { ShortLinkCluster } from './crd/shortlink-cluster.gen.ts';
import type { StoreApi } from './ports/store-api.ts';

/** The nodes of one cluster, over connections that stay open. */
export interface OpenStore extends StoreApi {
  close(): void;
}

/** `current`: the cluster as it is now; which Secret holds its token, say, may change. */
export type OpenStoreOf = (current: () => ShortLinkCluster) => OpenStore;

interface Entry {
  readonly store: OpenStore;
  cluster: ShortLinkCluster;
}

/** Connections to the nodes of all clusters, by uid: a cluster that is made again under its name is another one. */
export class Stores {
  readonly #open: OpenStoreOf;
  readonly #list: () => readonly ShortLinkCluster[];
  readonly #entries = new Map<string, Entry>();

  /** `list`: the clusters that there are. */
  constructor(open: OpenStoreOf, list: () => readonly ShortLinkCluster[]) {
    this.#open = open;
    this.#list = list;
  }

  of(cluster: ShortLinkCluster): StoreApi {
    const id = cluster.metadata.uid ?? '';
    const known = this.#entries.get(id);
    if (known !== undefined) {
      known.cluster = cluster;
      return known.store;
    }
    this.#closeForgotten();
    const store = this.#open(() => this.#entries.get(id)?.cluster ?? cluster);
    this.#entries.set(id, { store, cluster });
    return store;
  }

  /** Those to clusters that are gone. Others come for their place, so that this is soon enough. */
  #closeForgotten(): void {
    const living = new Set(this.#list().map(({ metadata }) => metadata.uid));
    for (const [id, { store }] of this.#entries) {
      if (living.has(id)) continue;
      store.close();
      this.#entries.delete(id);
    }
  }

  close(): void {
    for (const { store } of this.#entries.values()) store.close();
    this.#entries.clear();
  }
}
