// SPDX-License-Identifier: Apache-2.0
import { mkdir, open, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { CacheFileProblem, CacheFiles } from '../../ports/cache-files.ts';
import { freeBytes } from '../system/disk-space.ts';
import { isDiskFull, readFully, writeFully } from './file-io.ts';

/** Files of a cache in a folder that belongs to this process. */
export class DiskCacheFiles implements CacheFiles {
  readonly #folder: string;
  readonly #handles = new Map<number, Promise<FileHandle>>();

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Removes what an earlier process left: nobody knows any more what is in it. */
  static async open(folder: string): Promise<DiskCacheFiles> {
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return new DiskCacheFiles(folder);
  }

  async append(file: number, bytes: Uint8Array): Promise<CacheFileProblem | undefined> {
    try {
      const handle = this.#handles.get(file) ?? open(this.#path(file), 'ax+', 0o600);
      this.#handles.set(file, handle);
      await writeFully(await handle, bytes);
      return undefined;
    } catch (error) {
      return isDiskFull(error) ? 'full' : 'broken';
    }
  }

  async read(file: number, offset: number, length: number): Promise<Uint8Array | undefined> {
    try {
      const handle = await this.#handles.get(file);
      return handle === undefined ? undefined : await readFully(handle, offset, length);
    } catch {
      // Damaged, or removed meanwhile.
      return undefined;
    }
  }

  async remove(file: number): Promise<void> {
    const handle = this.#handles.get(file);
    this.#handles.delete(file);
    await handle?.then(async (opened) => opened.close()).catch(() => undefined);
    await rm(this.#path(file), { force: true }).catch(() => undefined);
  }

  freeBytes(): number | undefined {
    return freeBytes(this.#folder);
  }

  async close(): Promise<void> {
    for (const file of [...this.#handles.keys()]) await this.remove(file);
  }

  #path(file: number): string {
    return join(this.#folder, String(file));
  }
}
