// SPDX-License-Identifier: Apache-2.0
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { utf8 } from '@shortlink/common/bytes.ts';
import { describeObjectStoreContract } from '../../ports/testing/object-store-contract.ts';
import { fromFileError } from './file-errors.ts';
import { FileObjectStore } from './file-store.ts';

let folder: string;
let store: FileObjectStore;
const call = { timeoutMs: 30_000 };
const get = { ...call, maxBytes: 1000 };

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'file-store-'));
  store = await FileObjectStore.open(join(folder, 'deep', 'objects'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const root = (): string => join(folder, 'deep', 'objects');
const uploads = (): string[] => readdirSync(join(root(), '.uploads'));

describeObjectStoreContract('FileObjectStore', async () => {
  const path = mkdtempSync(join(tmpdir(), 'file-store-'));
  const open = async (): Promise<FileObjectStore> => FileObjectStore.open(join(path, 'objects'));
  const stores = { store: await open(), other: await open() };
  const dispose = async (): Promise<void> => {
    await Promise.all([stores.store.close(), stores.other.close()]);
    rmSync(path, { recursive: true });
  };
  return { ...stores, dispose };
});

describe('the folder of a file store', () => {
  it('holds each object as a file of its name, and nothing else of it', async () => {
    await store.put('a/b', utf8('x'), call);
    expect(await store.put('a/b', utf8('y'), call)).toBe('exists');
    const upload = await store.startUpload('a/c', { ...call, partBytes: 10 });
    await upload.writePart(1, utf8('z'), call);
    await upload.complete(call);
    expect(readdirSync(root(), { recursive: true }).toSorted()).toEqual(['.uploads', 'a', 'a/b', 'a/c']);
    await store.delete('a/b', call);
    await store.delete('a/c', call);
    expect(readdirSync(root())).toEqual(['.uploads']);
  });

  it('refuses a name that continues another, and shows both after it', async () => {
    await store.put('a/b', utf8('x'), call);
    for (const name of ['a', 'a/b/c']) {
      await expect(store.put(name, utf8('y'), call)).rejects.toMatchObject({ kind: 'invalid' });
    }
    await store.delete('a', call);
    await store.delete('a/b/c', call);
    expect((await store.list({ prefix: '', limit: 9 }, call)).objects).toMatchObject([{ name: 'a/b', size: 1 }]);
    expect(uploads()).toEqual([]);
  });

  it('is no way out: links in it are no objects', async () => {
    writeFileSync(join(folder, 'secret'), 'secret');
    symlinkSync(join(folder, 'secret'), join(root(), 'link'));
    await expect(store.get('link', get)).rejects.toMatchObject({ kind: 'unavailable' });
    expect((await store.list({ prefix: '', limit: 9 }, call)).objects).toEqual([]);
    await expect(store.get('../../secret', get)).rejects.toMatchObject({ kind: 'invalid' });
  });

  it('that is not there is no empty store', async () => {
    await store.put('a', utf8('x'), call);
    renameSync(root(), join(folder, 'elsewhere'));
    const away = { kind: 'unavailable' };
    await expect(store.get('a', get)).rejects.toMatchObject(away);
    await expect(store.head('a', call)).rejects.toMatchObject(away);
    await expect(store.list({ prefix: '', limit: 1 }, call)).rejects.toMatchObject(away);
    await expect(store.put('b', utf8('x'), call)).rejects.toMatchObject(away);
    expect(existsSync(root())).toBe(false);
  });

  it('is swept of what writers left behind a day ago, and only of that', async () => {
    const left = join(root(), '.uploads', 'left');
    const young = join(root(), '.uploads', 'young');
    mkdirSync(join(root(), '.uploads', 'busy'));
    const busy = join(root(), '.uploads', 'busy', 'data');
    for (const file of [left, young, busy]) writeFileSync(file, 'x');
    const dayAgo = (Date.now() - 25 * 60 * 60_000) / 1000;
    for (const path of [left, join(root(), '.uploads', 'busy')]) utimesSync(path, dayAgo, dayAgo);
    await store.put('a', utf8('x'), call);
    utimesSync(join(root(), 'a'), dayAgo, dayAgo);
    await FileObjectStore.open(root());
    expect(uploads().toSorted()).toEqual(['busy', 'young']);
    expect(await store.get('a', get)).toHaveLength(1);
  });
});

describe('a call of a file store', () => {
  it('ends at its deadline', async () => {
    await expect(store.put('a', new Uint8Array(2 ** 20), { timeoutMs: 0 })).rejects.toMatchObject({ kind: 'timeout' });
    // It goes on all the same.
    await expect.poll(async () => store.head('a', call)).toMatchObject({ size: 2 ** 20 });
    await expect.poll(uploads).toEqual([]);
  });

  it('fails once the store is closed', async () => {
    await store.close();
    await expect(store.get('a', get)).rejects.toMatchObject({ kind: 'unavailable' });
  });

  it('writes nothing into an object that is complete', async () => {
    const upload = await store.startUpload('a', { ...call, partBytes: 4 });
    await upload.writePart(1, utf8('good'), call);
    await upload.complete(call);
    await expect(upload.writePart(1, utf8('evil'), call)).rejects.toMatchObject({ kind: 'invalid' });
    expect(await store.get('a', get)).toEqual(utf8('good'));
  });
});

describe('an error of the file system', () => {
  const failed = (code: string) => fromFileError('/objects', Object.assign(new Error(`${code}: it failed`), { code }));

  it.each([
    ['ENOSPC', 'unavailable', 'make room'],
    ['EACCES', 'denied', 'read and write'],
    ['EXDEV', 'invalid', 'mount point'],
    ['EPERM', 'invalid', 'hard links'],
    ['EIO', 'unavailable', 'look at its disk'],
  ])('%s is %s and says what to do', (code, kind, advice) => {
    const error = failed(code);
    expect(error).toMatchObject({ kind });
    expect(error.message).toContain(advice);
    expect(error.message).toContain('/objects');
  });

  it('that is none passes as it is', () => {
    const defect = new TypeError('a defect');
    expect(fromFileError('/objects', defect)).toBe(defect);
  });
});
