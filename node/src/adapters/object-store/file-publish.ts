// SPDX-License-Identifier: Apache-2.0
import type { Stats } from 'node:fs';
import { link, lstat, mkdir, open, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ObjectStoreError, type CompleteOutcome } from '../../ports/object-store.ts';
import { isAbsent, systemCode } from './file-errors.ts';

/** Folders that others remove meanwhile are made again so often. */
const attempts = 20;

/**
 * Gives a whole, synced file its name. link(2) is the one operation of a file system that creates a name with its content
 * and fails when the name is there, so that of many who try one succeeds. `gone`: the file itself is not there.
 */
export async function publish(root: string, file: string, name: string): Promise<CompleteOutcome> {
  for (let attempt = 1; ; attempt++) {
    const failure = await tryLink(file, join(root, name));
    if (failure === undefined) {
      await syncFolders(root, name);
      return 'created';
    }
    if (systemCode(failure) === 'EEXIST') return taken(root, name);
    if (!isAbsent(failure) || attempt === attempts) throw failure;
    if (!(await isThere(file))) return 'gone';
    await makeFolders(root, name);
  }
}

async function tryLink(file: string, path: string): Promise<Error | undefined> {
  try {
    await link(file, path);
    return undefined;
  } catch (error) {
    if (error instanceof Error) return error;
    throw error;
  }
}

/** Makes the names of an object and of its folders durable: whoever is told about it may rely on it. */
export async function syncFolders(root: string, name: string): Promise<void> {
  const segments = name.split('/');
  for (let depth = segments.length - 1; depth >= 0; depth--) {
    await syncFolder(join(root, ...segments.slice(0, depth)));
  }
}

/** Removes the folders of a deleted object that are empty now, so that nothing is in the way of a shorter name. */
export async function pruneFolders(root: string, name: string): Promise<void> {
  for (let folder = dirname(name); folder !== '.'; folder = dirname(folder)) {
    try {
      await rmdir(join(root, folder));
    } catch (error) {
      if (isAbsent(error)) continue;
      if (['ENOTEMPTY', 'EEXIST', 'EBUSY'].includes(systemCode(error) ?? '')) return;
      throw error;
    }
  }
}

async function taken(root: string, name: string): Promise<CompleteOutcome> {
  if (await isFolder(join(root, name))) throw nested(name);
  // The winner may not have come so far yet.
  await syncFolders(root, name);
  return 'exists';
}

/** Never the root: a store that is not mounted must not begin anew beside it. */
async function makeFolders(root: string, name: string): Promise<void> {
  const segments = name.split('/');
  for (let depth = 1; depth < segments.length; depth++) {
    const folder = join(root, ...segments.slice(0, depth));
    try {
      await mkdir(folder);
    } catch (error) {
      const code = systemCode(error);
      if (code === 'ENOTDIR' || (code === 'EEXIST' && !(await isFolder(folder)))) throw nested(name);
      // Removed meanwhile, as the one above may be: the next attempt begins anew.
      if (code === 'ENOENT' && depth > 1) return;
      if (code !== 'EEXIST') throw error;
    }
  }
}

function nested(name: string): ObjectStoreError {
  const message = `${name} cannot be a name beside those that are there: one would continue the other with a slash`;
  return new ObjectStoreError('invalid', message);
}

export async function isThere(path: string): Promise<boolean> {
  return (await statsOf(path)) !== undefined;
}

async function isFolder(path: string): Promise<boolean> {
  return (await statsOf(path))?.isDirectory() === true;
}

async function statsOf(path: string): Promise<Stats | undefined> {
  try {
    return await lstat(path);
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

async function syncFolder(path: string): Promise<void> {
  let handle;
  try {
    handle = await open(path, 'r');
  } catch (error) {
    // Removed by a delete that came later.
    if (isAbsent(error)) return;
    throw error;
  }
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
