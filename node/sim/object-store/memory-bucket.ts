// SPDX-License-Identifier: Apache-2.0
import { crc32 } from 'node:zlib';
import { assert, defined } from '@shortlink/common/assert.ts';
import { UploadParts } from '../../src/ports/object-store-input.ts';
import {
  ObjectStoreError,
  type CompleteOutcome,
  type ListQuery,
  type ObjectInfo,
  type ObjectPage,
  type PutOutcome,
  type StaleUploads,
  type UploadOptions,
} from '../../src/ports/object-store.ts';

interface StoredObject {
  readonly body: Uint8Array;
  readonly modifiedMs: number;
}

interface StoredUpload {
  readonly name: string;
  readonly parts: UploadParts;
  readonly bodies: Map<number, Uint8Array>;
  readonly startedMs: number;
}

/** Changes that a stale list may be behind by. */
const historyMaxChanges = 64;
const abortMaxUploads = 1000;

/** What a real store holds: it outlives the processes that use it. Every operation is whole and takes no time. */
export class MemoryBucket {
  readonly #objects = new Map<string, StoredObject>();
  readonly #uploads = new Map<number, StoredUpload>();
  /** The latest changes, the newest last: what was there before. */
  readonly #history: { readonly name: string; readonly before: StoredObject | undefined }[] = [];
  readonly #onDelete: (name: string) => void;
  #nextUpload = 1;

  /** `onDelete` is told of every object that is about to go. */
  constructor(onDelete: (name: string) => void = () => {}) {
    this.#onDelete = onDelete;
  }

  get size(): number {
    return this.#objects.size;
  }

  get uploadCount(): number {
    return this.#uploads.size;
  }

  put(name: string, body: Uint8Array, nowMs: number): PutOutcome {
    this.#refuseNesting(name);
    if (this.#objects.has(name)) return 'exists';
    this.#change(name, { body: body.slice(), modifiedMs: nowMs });
    return 'created';
  }

  get(name: string): Uint8Array | undefined {
    return this.#objects.get(name)?.body;
  }

  head(name: string): ObjectInfo | undefined {
    const object = this.#objects.get(name);
    return object && infoOf(name, object);
  }

  delete(name: string): void {
    if (!this.#objects.has(name)) return;
    this.#onDelete(name);
    this.#change(name, undefined);
  }

  /** What was there before the latest `behind` changes. */
  list({ prefix, limit, cursor }: ListQuery, behind = 0): ObjectPage {
    const then = new Map(this.#objects);
    for (const { name, before } of this.#history.slice(Math.max(0, this.#history.length - behind)).reverse()) {
      if (before === undefined) then.delete(name);
      else then.set(name, before);
    }
    const names = [...then.keys()]
      .filter((name) => name.startsWith(prefix) && (cursor === undefined || name > cursor))
      .toSorted();
    const objects = names.slice(0, limit).map((name) => infoOf(name, defined(then.get(name), name)));
    return { objects, nextCursor: names.length > limit ? objects.at(-1)?.name : undefined };
  }

  startUpload(name: string, options: UploadOptions, minPartBytes: number, nowMs: number): number {
    const parts = new UploadParts(name, options, minPartBytes);
    const id = this.#nextUpload++;
    this.#uploads.set(id, { name, parts, bodies: new Map(), startedMs: nowMs });
    return id;
  }

  writePart(id: number, number: number, body: Uint8Array): void {
    const upload = this.#uploads.get(id);
    if (upload === undefined) throw new ObjectStoreError('invalid', 'the upload is gone: start a new one');
    upload.parts.offsetOf(number, body.length);
    upload.parts.written(number, body.length);
    upload.bodies.set(number, body.slice());
  }

  complete(id: number, nowMs: number): CompleteOutcome {
    const upload = this.#uploads.get(id);
    if (upload === undefined) return 'gone';
    const { count, size } = upload.parts.whole();
    const body = new Uint8Array(size);
    let offset = 0;
    for (let number = 1; number <= count; number++) {
      const part = defined(upload.bodies.get(number), `part ${number}`);
      body.set(part, offset);
      offset += part.length;
    }
    const outcome = this.put(upload.name, body, nowMs);
    // A store that refuses keeps the parts until somebody aborts.
    if (outcome === 'created') this.#uploads.delete(id);
    return outcome;
  }

  abort(id: number): void {
    this.#uploads.delete(id);
  }

  abortUploads({ prefix, startedBeforeMs }: StaleUploads): string[] {
    const stale = [...this.#uploads]
      .filter(([, { name, startedMs }]) => name.startsWith(prefix) && startedMs < startedBeforeMs)
      .slice(0, abortMaxUploads);
    for (const [id] of stale) this.#uploads.delete(id);
    return stale.map(([, { name }]) => name);
  }

  /** A bit rots: changes one byte of an object where it lies. */
  corrupt(name: string, offset: number): void {
    const { body } = defined(this.#objects.get(name), `the object ${name}`);
    const byte = body[offset];
    assert(byte !== undefined, `${name} has no byte ${offset}`);
    body[offset] = byte ^ 0x40;
  }

  #change(name: string, after: StoredObject | undefined): void {
    this.#history.push({ name, before: this.#objects.get(name) });
    if (this.#history.length > historyMaxChanges) this.#history.shift();
    if (after === undefined) this.#objects.delete(name);
    else this.#objects.set(name, after);
  }

  /** Real stores refuse such names, or hide one of them: whoever makes them shall know at once. */
  #refuseNesting(name: string): void {
    const parents = name.split('/').map((_, i, segments) => segments.slice(0, i).join('/'));
    const other =
      parents.find((parent) => this.#objects.has(parent)) ??
      [...this.#objects.keys()].find((one) => one.startsWith(`${name}/`));
    if (other === undefined) return;
    throw new ObjectStoreError('invalid', `${name} and ${other} cannot both be names: one continues the other`);
  }
}

function infoOf(name: string, { body, modifiedMs }: StoredObject): ObjectInfo {
  return { name, size: body.length, modifiedMs };
}

/** @throws ObjectStoreError when the body is not the one that the sender had. */
export function verifyCrc32(what: string, body: Uint8Array, expected: number | undefined): void {
  if (expected === undefined || crc32(body) === expected) return;
  throw new ObjectStoreError('corrupt', `${what} does not have the checksum that was sent with it: send it again`);
}
