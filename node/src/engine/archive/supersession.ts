// SPDX-License-Identifier: Apache-2.0
import { DecodeError } from '@shortlink/common/byte-reader.ts';
import type { ClusterId } from '@shortlink/common/ids.ts';
import { decodeDocument } from '../../core/archive/manifests.ts';
import type { Sha256Of } from '../../core/archive/sealed-json.ts';
import { supersededName } from '../../core/lifecycle/object-names.ts';
import type { ObjectStore } from '../../ports/object-store.ts';

/** Another cluster has been made from this one's objects: nothing may be written below this cluster's prefix any more. */
export class SupersededError extends Error {
  override readonly name = 'SupersededError';
}

const readTimeoutMs = 20_000;
const markMaxBytes = 64 * 1024;

/** The cluster that has taken the place of `clusterId`; `unknown` where the mark cannot be read, undefined without one. */
export async function supersededBy(
  objects: ObjectStore,
  clusterId: ClusterId,
  sha256Of: Sha256Of,
): Promise<ClusterId | undefined> {
  const name = supersededName(clusterId);
  const bytes = await objects.get(name, { timeoutMs: readTimeoutMs, maxBytes: markMaxBytes });
  if (bytes === undefined) return undefined;
  try {
    return decodeDocument(bytes, { kind: 'superseded', clusterId, name }, sha256Of).by;
  } catch (error) {
    // That it is there is what counts.
    if (error instanceof DecodeError) return 'unknown';
    throw error;
  }
}

/**
 * Whether a cluster has been superseded: asked before each step that writes or deletes below its prefix, and never forgotten.
 * (A step that has begun when the mark is written may still end: it makes an object that nobody refers to.)
 */
export class Supersession {
  readonly #objects: ObjectStore;
  readonly #sha256Of: Sha256Of;
  readonly #onSuperseded: (message: string) => void;
  #message: string | undefined;

  constructor(objects: ObjectStore, sha256Of: Sha256Of, onSuperseded: (message: string) => void) {
    this.#objects = objects;
    this.#sha256Of = sha256Of;
    this.#onSuperseded = onSuperseded;
  }

  /** In words; undefined while nothing is known of it. */
  get message(): string | undefined {
    return this.#message;
  }

  /** @throws SupersededError, and ObjectStoreError when it cannot be told: then the step must wait. */
  async assertNot(clusterId: ClusterId): Promise<void> {
    if (this.#message === undefined) {
      const by = await supersededBy(this.#objects, clusterId, this.#sha256Of);
      if (by === undefined) return;
      this.#message = `cluster ${clusterId} was superseded by cluster ${by}, which was rebuilt from its objects; this one serves what it has and moves nothing to the object store any more: shut it down`;
      this.#onSuperseded(this.#message);
    }
    throw new SupersededError(this.#message);
  }
}
