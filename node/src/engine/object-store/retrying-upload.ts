// SPDX-License-Identifier: Apache-2.0
import { equalBytes } from '@shortlink/common/bytes.ts';
import type { BodyOptions, CompleteOutcome, ObjectStore, ObjectUpload } from '../../ports/object-store.ts';
import type { CallOptions } from '../../ports/shards.ts';
import type { DeadlineMs, Retrier } from './retrier.ts';

export interface BegunUpload {
  readonly name: string;
  readonly partBytes: number;
  readonly upload: ObjectUpload;
  /** Where the object is read back. */
  readonly store: ObjectStore;
}

interface WrittenPart {
  readonly length: number;
  readonly digest: Uint8Array;
}

/**
 * An upload that tries again. It remembers a digest of each part, by which it knows the object for its own when the answer
 * to its completion got lost. `gone` means here that there is no object: start anew.
 */
export class RetryingUpload implements ObjectUpload {
  readonly #begun: BegunUpload;
  readonly #retrier: Retrier;
  readonly #sha256: (bytes: Uint8Array) => Uint8Array;
  readonly #written = new Map<number, WrittenPart>();

  constructor(begun: BegunUpload, retrier: Retrier, sha256: (bytes: Uint8Array) => Uint8Array) {
    this.#begun = begun;
    this.#retrier = retrier;
    this.#sha256 = sha256;
  }

  async writePart(number: number, body: Uint8Array, { timeoutMs, crc32 }: BodyOptions): Promise<void> {
    const sent = body.slice();
    await this.#retrier.run(this.#retrier.deadline(timeoutMs), sent.length, async (attemptMs) =>
      this.#begun.upload.writePart(number, sent, { crc32, timeoutMs: attemptMs }),
    );
    this.#written.set(number, { length: sent.length, digest: this.#sha256(sent) });
  }

  async complete({ timeoutMs }: CallOptions): Promise<CompleteOutcome> {
    const deadline = this.#retrier.deadline(timeoutMs);
    // A store may put the parts together before it answers.
    const outcome = await this.#retrier.run(deadline, this.#size, async (attemptMs) =>
      this.#begun.upload.complete({ timeoutMs: attemptMs }),
    );
    return outcome === 'created' ? 'created' : this.#lookAtObject(outcome, deadline);
  }

  async abort({ timeoutMs }: CallOptions): Promise<void> {
    await this.#retrier.run(this.#retrier.deadline(timeoutMs), 0, async (attemptMs) =>
      this.#begun.upload.abort({ timeoutMs: attemptMs }),
    );
  }

  get #size(): number {
    return [...this.#written.values()].reduce((sum, part) => sum + part.length, 0);
  }

  async #lookAtObject(outcome: 'exists' | 'gone', deadline: DeadlineMs): Promise<CompleteOutcome> {
    const { name, store } = this.#begun;
    const head = await this.#retrier.run(deadline, 0, async (timeoutMs) => store.head(name, { timeoutMs }));
    if (head === undefined) return outcome;
    return head.size === this.#size && (await this.#isOurs(deadline)) ? 'created' : 'exists';
  }

  /** One part after the other, so that no more than one is in memory. */
  async #isOurs(deadline: DeadlineMs): Promise<boolean> {
    const { name, partBytes, store } = this.#begun;
    for (const [number, { length, digest }] of this.#written) {
      const range = { offset: (number - 1) * partBytes, length };
      const found = await this.#retrier.run(deadline, length, async (timeoutMs) =>
        store.getRange(name, range, { timeoutMs }),
      );
      if (found === undefined || !equalBytes(this.#sha256(found), digest)) return false;
    }
    return true;
  }
}
