// SPDX-License-Identifier: Apache-2.0
import { equalBytes } from '@shortlink/common/bytes.ts';
import type {
  BodyOptions,
  ByteRange,
  GetOptions,
  ListQuery,
  ObjectHead,
  ObjectPage,
  ObjectStore,
  ObjectUpload,
  PutOutcome,
  StaleUploads,
  UploadOptions,
} from '../../ports/object-store.ts';
import type { CallOptions } from '../../ports/shards.ts';
import { Retrier, type DeadlineMs, type RetrierDeps, type RetryPolicy } from './retrier.ts';
import { RetryingUpload } from './retrying-upload.ts';

export interface RetryingDeps extends RetrierDeps {
  readonly sha256: (bytes: Uint8Array) => Uint8Array;
}

/**
 * An object store that tries again, within the time of the call. When it says `exists`, there is another object: an answer
 * to a creation that got lost, or to a request that was sent twice on the way, says that about the caller's own, so the
 * object is read and compared. Whoever must know that nobody else made the same object puts something of his own into it.
 */
export class RetryingObjectStore implements ObjectStore {
  readonly #store: ObjectStore;
  readonly #deps: RetryingDeps;
  readonly #retrier: Retrier;

  constructor(store: ObjectStore, deps: RetryingDeps, policy: RetryPolicy) {
    this.#store = store;
    this.#deps = deps;
    this.#retrier = new Retrier(deps, policy);
  }

  get minPartBytes(): number {
    return this.#store.minPartBytes;
  }

  async put(name: string, body: Uint8Array, { timeoutMs, crc32 }: BodyOptions): Promise<PutOutcome> {
    // Attempts that come later send what the first one sent.
    const sent = body.slice();
    const deadline = this.#retrier.deadline(timeoutMs);
    const outcome = await this.#retrier.run(deadline, sent.length, async (attemptMs) =>
      this.#store.put(name, sent, { crc32, timeoutMs: attemptMs }),
    );
    return outcome === 'created' || (await this.#holds(name, sent, deadline)) ? 'created' : 'exists';
  }

  /** An attempt whose answer is lost leaves an upload behind, for `abortUploads`. */
  async startUpload(name: string, { partBytes, timeoutMs }: UploadOptions): Promise<ObjectUpload> {
    const upload = await this.#retrier.run(this.#retrier.deadline(timeoutMs), 0, async (attemptMs) =>
      this.#store.startUpload(name, { partBytes, timeoutMs: attemptMs }),
    );
    return new RetryingUpload({ name, partBytes, upload, store: this.#store }, this.#retrier, this.#deps.sha256);
  }

  async get(name: string, { maxBytes, timeoutMs }: GetOptions): Promise<Uint8Array | undefined> {
    return this.#retrier.run(this.#retrier.deadline(timeoutMs), maxBytes, async (attemptMs) =>
      this.#store.get(name, { maxBytes, timeoutMs: attemptMs }),
    );
  }

  async getRange(name: string, range: ByteRange, { timeoutMs }: CallOptions): Promise<Uint8Array | undefined> {
    return this.#retrier.run(this.#retrier.deadline(timeoutMs), range.length, async (attemptMs) =>
      this.#store.getRange(name, range, { timeoutMs: attemptMs }),
    );
  }

  async head(name: string, options: CallOptions): Promise<ObjectHead | undefined> {
    return this.#again(options, async (attempt) => this.#store.head(name, attempt));
  }

  async list(query: ListQuery, options: CallOptions): Promise<ObjectPage> {
    return this.#again(options, async (attempt) => this.#store.list(query, attempt));
  }

  /** Again after success it does nothing, since names are not used twice. */
  async delete(name: string, options: CallOptions): Promise<void> {
    await this.#again(options, async (attempt) => this.#store.delete(name, attempt));
  }

  async abortUploads(stale: StaleUploads, options: CallOptions): Promise<readonly string[]> {
    return this.#again(options, async (attempt) => this.#store.abortUploads(stale, attempt));
  }

  async close(): Promise<void> {
    await this.#store.close();
  }

  async #again<T>({ timeoutMs }: CallOptions, call: (attempt: CallOptions) => Promise<T>): Promise<T> {
    const deadline = this.#retrier.deadline(timeoutMs);
    return this.#retrier.run(deadline, 0, async (attemptMs) => call({ timeoutMs: attemptMs }));
  }

  /** Whether the object of that name is this one. */
  async #holds(name: string, body: Uint8Array, deadline: DeadlineMs): Promise<boolean> {
    const head = await this.#retrier.run(deadline, 0, async (timeoutMs) => this.#store.head(name, { timeoutMs }));
    if (head?.size !== body.length) return false;
    const found = await this.#retrier.run(deadline, body.length, async (timeoutMs) =>
      this.#store.get(name, { maxBytes: body.length, timeoutMs }),
    );
    return found !== undefined && equalBytes(found, body);
  }
}
