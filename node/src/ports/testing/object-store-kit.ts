// SPDX-License-Identifier: Apache-2.0
import { expect } from 'vitest';
import { fromUtf8, utf8 } from '@shortlink/common/bytes.ts';
import { ObjectStoreError, type ObjectInfo, type ObjectStore, type ObjectStoreErrorKind } from '../object-store.ts';

export interface ObjectStoreFixture {
  /** Empty. */
  readonly store: ObjectStore;
  /** The same objects, as another process sees them. */
  readonly other: ObjectStore;
  /** Closes the stores and removes everything. */
  dispose(): Promise<void>;
}

/** Where real stores differ without harm. */
export interface StoreTraits {
  /** False: left-behind uploads are listed only under their whole name (MinIO). */
  readonly listsUploadsByPrefix: boolean;
}

export const call = { timeoutMs: 60_000 };

export type Stores = () => ObjectStoreFixture;

/** Bytes that tell their place: no two ranges are alike. */
export function pattern(length: number, seed = 1): Uint8Array {
  const out = new Uint8Array(length);
  let state = seed * 2_654_435_761;
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    out[i] = state >>> 24;
  }
  return out;
}

export async function kindOf(run: Promise<unknown>): Promise<ObjectStoreErrorKind | 'no error'> {
  try {
    await run;
    return 'no error';
  } catch (error) {
    if (error instanceof ObjectStoreError) return error.kind;
    throw error;
  }
}

export async function bodyOf(store: ObjectStore, name: string): Promise<Uint8Array | undefined> {
  return store.get(name, { ...call, maxBytes: 64 * 2 ** 20 });
}

export async function textOf(store: ObjectStore, name: string): Promise<string | undefined> {
  const body = await bodyOf(store, name);
  return body && fromUtf8(body);
}

export async function putText(store: ObjectStore, name: string, text: string): Promise<void> {
  expect(await store.put(name, utf8(text), call)).toBe('created');
}

export async function listAll(store: ObjectStore, prefix: string, limit = 1000): Promise<ObjectInfo[]> {
  const found: ObjectInfo[] = [];
  let cursor: string | undefined;
  do {
    const page = await store.list({ prefix, limit, cursor }, call);
    expect(page.objects.length).toBeLessThanOrEqual(limit);
    found.push(...page.objects);
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return found;
}

export async function namesIn(store: ObjectStore, prefix: string, limit?: number): Promise<string[]> {
  return (await listAll(store, prefix, limit)).map((object) => object.name);
}
