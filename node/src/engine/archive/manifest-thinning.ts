// SPDX-License-Identifier: Apache-2.0
import { limits } from '@shortlink/common/limits.ts';
import { thinManifests } from '../../core/archive/thin-manifests.ts';
import type { ChunkContext } from '../chunks/chunk-context.ts';
import { listSequence } from './documents.ts';

const deleteTimeoutMs = 20_000;
/** Old manifests are looked for once in so many that are published. */
const thinEveryManifests = 16;

/** Deletes old manifests below one prefix, so that their number does not grow with the age of the cluster. */
export class ManifestThinning {
  readonly #context: ChunkContext;
  readonly #prefix: string;
  #sinceThinned = 0;

  constructor(context: ChunkContext, prefix: string) {
    this.#context = context;
    this.#prefix = prefix;
  }

  /** One more is in the store. `mayDelete` is asked last, and only when there is something to delete. @throws ObjectStoreError */
  async published(mayDelete: () => Promise<boolean>): Promise<void> {
    if (++this.#sinceThinned < thinEveryManifests) return;
    this.#sinceThinned = 0;
    const manifests = await listSequence(this.#context, this.#prefix);
    const names = thinManifests(manifests, this.#context.clock.nowMs()).slice(0, limits.objectListMaxNames);
    if (names.length === 0 || !(await mayDelete())) return;
    for (const name of names) {
      await this.#context.objects.delete(name, { timeoutMs: deleteTimeoutMs });
      this.#context.observer.count('garbageDeleted');
    }
  }
}
