// SPDX-License-Identifier: Apache-2.0
import { equalBytes, toHex } from '@shortlink/common/bytes.ts';
import { limits } from '@shortlink/common/limits.ts';
import { ObjectStoreError, type ObjectStore, type ObjectUpload } from '../../ports/object-store.ts';
import type { Random } from '../../ports/random.ts';
import type { CallOptions } from '../../ports/shards.ts';

/** What a check found out about one promise. */
export interface Finding {
  readonly isKept: boolean;
  /** What was tried, or how the promise was broken. */
  readonly detail: string;
}

export interface Effort {
  /** Repetitions of what may go wrong by chance. */
  readonly rounds: number;
  /** Who try to create one object at the same time. */
  readonly writers: number;
  /** Whether uploads of two parts are tried: parts have a least size, so that takes some megabytes. */
  readonly hasLargeUploads: boolean;
}

export function kept(detail: string): Finding {
  return { isKept: true, detail };
}

export function broken(detail: string): Finding {
  return { isKept: false, detail };
}

/** The store under check, with names that nobody else uses, and what has to be cleaned up. */
export class Bench {
  readonly store: ObjectStore;
  readonly effort: Effort;
  readonly call: CallOptions;
  readonly #random: Random;
  readonly #prefix: string;
  readonly #uploads: ObjectUpload[] = [];
  #names = 0;

  constructor(store: ObjectStore, random: Random, effort: Effort, call: CallOptions) {
    this.store = store;
    this.effort = effort;
    this.call = call;
    this.#random = random;
    this.#prefix = `check-${toHex(random.bytes(8))}`;
  }

  /** A folder of its own for each use. */
  newFolder(): string {
    return `${this.#prefix}/${++this.#names}`;
  }

  newName(): string {
    return `${this.newFolder()}/object`;
  }

  /** Bytes that no other call gives, and of which no two ranges are alike. */
  newBody(length: number): Uint8Array {
    const out = new Uint8Array(length);
    out.set(this.#random.bytes(Math.min(length, 16)));
    // The generator of Numerical Recipes: random enough, and many megabytes are wanted.
    let state = this.#random.int(2 ** 32);
    for (let i = 16; i < length; i++) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
      out[i] = state >>> 24;
    }
    return out;
  }

  /** A random integer in [0, bound). */
  below(bound: number): number {
    return this.#random.int(bound);
  }

  /** An upload of these parts, not complete yet. */
  async upload(name: string, parts: readonly Uint8Array[]): Promise<ObjectUpload> {
    const partBytes = Math.max(this.store.minPartBytes, parts[0]?.length ?? 0);
    const upload = await this.store.startUpload(name, { ...this.call, partBytes });
    this.#uploads.push(upload);
    for (const [i, part] of parts.entries()) await upload.writePart(i + 1, part, this.call);
    return upload;
  }

  /** Whether the object of that name is exactly this. */
  async holds(name: string, body: Uint8Array): Promise<boolean> {
    const found = await this.get(name, body.length + 1024);
    return found !== undefined && equalBytes(found, body);
  }

  async get(name: string, maxBytes: number): Promise<Uint8Array | undefined> {
    return this.store.get(name, { ...this.call, maxBytes });
  }

  /** Names in the folder, relative to it. */
  async list(folder: string, pageSize: number = limits.objectListMaxNames): Promise<string[]> {
    const names: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await this.store.list({ prefix: `${folder}/`, limit: pageSize, cursor }, this.call);
      names.push(...page.objects.map((object) => object.name.slice(folder.length + 1)));
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    return names;
  }

  /** Removes everything that the check has made. @throws ObjectStoreError */
  async cleanUp(): Promise<void> {
    for (const upload of this.#uploads) await upload.abort(this.call);
    for (const name of await this.list(this.#prefix)) await this.store.delete(`${this.#prefix}/${name}`, this.call);
  }
}

/** Whether a call is refused as it should be; other failures say nothing about the promise and are thrown. */
export async function isRefused(call: Promise<unknown>): Promise<boolean> {
  try {
    await call;
    return false;
  } catch (error) {
    if (error instanceof ObjectStoreError && (error.kind === 'corrupt' || error.kind === 'invalid')) return true;
    throw error;
  }
}
