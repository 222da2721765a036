// SPDX-License-Identifier: Apache-2.0
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isAbsent } from './file-errors.ts';

/**
 * The names of the objects below `root` that start with `prefix` and come after `after`, in the order of their bytes.
 * Hidden entries are none, nor is what is neither a file nor a folder.
 */
export async function* namesAfter(root: string, prefix: string, after: string, folder = ''): AsyncGenerator<string> {
  for (const key of await sortedEntries(root, folder)) {
    if (key.endsWith('/')) {
      const isOnTheWay = key.startsWith(prefix) || prefix.startsWith(key);
      const isBehind = key <= after && !after.startsWith(key);
      if (isOnTheWay && !isBehind) yield* namesAfter(root, prefix, after, key);
    } else if (key.startsWith(prefix) && key > after) {
      yield key;
    }
  }
}

/** Paths relative to the root; those of folders end in a slash, by which they are sorted too: `a.b` comes before `a/b`. */
async function sortedEntries(root: string, folder: string): Promise<string[]> {
  try {
    const entries = await readdir(join(root, folder), { withFileTypes: true });
    return entries
      .filter((entry) => !entry.name.startsWith('.') && (entry.isDirectory() || entry.isFile()))
      .map((entry) => `${folder}${entry.name}${entry.isDirectory() ? '/' : ''}`)
      .toSorted();
  } catch (error) {
    // A folder goes when its last object is deleted.
    if (folder !== '' && isAbsent(error)) return [];
    throw error;
  }
}
