// SPDX-License-Identifier: Apache-2.0
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { ChunkDiskFullError } from '../../ports/chunk-files.ts';
import type { ChunkFile, ChunkFileWriter, ChunkFiles } from '../../ports/chunk-files.ts';
import type { ChunkCopies } from '../../ports/chunk-peers.ts';
import { isDiskFull, readFully, writeFully } from './file-io.ts';

const unfinishedPrefix = '.unfinished-';
/** Handles that stay open for reads; the one that was used longest ago is closed first. */
const openFilesMax = 256;

/** Copies of chunks as files of one folder, for a thread that only reads. */
export class DiskChunkReader implements ChunkCopies {
  readonly #folder: string;
  readonly #handles = new Map<string, Promise<FileHandle | undefined>>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  async read(name: string, offset: number, length: number): Promise<Uint8Array | undefined> {
    const handle = await this.#handle(name);
    if (handle === undefined) return undefined;
    try {
      return await readFully(handle, offset, length);
    } catch {
      // The disk does not give it back, or it was removed meanwhile: as good as gone, there are other tiers.
      return undefined;
    }
  }

  /** Whoever reads next must not go on with a file that had the name before. */
  async forget(name: string): Promise<void> {
    const handle = this.#handles.get(name);
    this.#handles.delete(name);
    await (await handle)?.close().catch(() => undefined);
  }

  async close(): Promise<void> {
    for (const name of [...this.#handles.keys()]) await this.forget(name);
  }

  async #handle(name: string): Promise<FileHandle | undefined> {
    let handle = this.#handles.get(name);
    this.#handles.delete(name);
    handle ??= open(pathOf(this.#folder, name), 'r').catch(() => undefined);
    this.#handles.set(name, handle);
    const oldest = this.#handles.keys().next().value;
    if (this.#handles.size > openFilesMax && oldest !== undefined) await this.forget(oldest);
    const opened = await handle;
    if (opened === undefined) this.#handles.delete(name);
    return opened;
  }
}

/** Copies of chunks as files of one folder, which belongs to this process. */
export class DiskChunkFiles implements ChunkFiles {
  readonly #folder: string;
  readonly #reader: DiskChunkReader;
  #attempts = 0;

  private constructor(folder: string) {
    this.#folder = folder;
    this.#reader = new DiskChunkReader(folder);
  }

  /** Makes the folder where it is missing, and removes what a crash left half made. */
  static async open(folder: string): Promise<DiskChunkFiles> {
    await mkdir(folder, { recursive: true });
    for (const name of await readdir(folder)) {
      if (name.startsWith(unfinishedPrefix)) await rm(join(folder, name), { force: true });
    }
    return new DiskChunkFiles(folder);
  }

  async list(): Promise<readonly ChunkFile[]> {
    const names = (await readdir(this.#folder)).filter((name) => !name.startsWith('.'));
    const files = await Promise.all(
      names.map(async (file) => {
        const sizeBytes = await sizeOf(join(this.#folder, file));
        return sizeBytes === undefined ? [] : [{ name: decodeURIComponent(file), sizeBytes }];
      }),
    );
    return files.flat();
  }

  async create(name: string): Promise<ChunkFileWriter> {
    const unfinished = join(this.#folder, `${unfinishedPrefix}${++this.#attempts}`);
    const handle = await roomOnDisk(async () => open(unfinished, 'wx+', 0o600));
    return {
      append: async (bytes) => roomOnDisk(async () => writeFully(handle, bytes)),
      read: async (offset, length) => readFully(handle, offset, length).catch(() => undefined),
      finish: async () => {
        await roomOnDisk(async () => handle.sync());
        await handle.close();
        await this.#reader.forget(name);
        await rename(unfinished, pathOf(this.#folder, name));
        await this.#syncFolder();
      },
      abort: async () => {
        await handle.close().catch(() => undefined);
        await rm(unfinished, { force: true });
      },
    };
  }

  async read(name: string, offset: number, length: number): Promise<Uint8Array | undefined> {
    return this.#reader.read(name, offset, length);
  }

  async remove(name: string): Promise<void> {
    await this.#reader.forget(name);
    await rm(pathOf(this.#folder, name), { force: true });
  }

  async close(): Promise<void> {
    await this.#reader.close();
  }

  async #syncFolder(): Promise<void> {
    const handle = await open(this.#folder, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  }
}

/** One folder for all: names of objects have slashes. */
function pathOf(folder: string, name: string): string {
  return join(folder, encodeURIComponent(name));
}

/** Undefined for a file that was removed meanwhile. */
async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** @throws ChunkDiskFullError in the place of what the system says when there is no room. */
async function roomOnDisk<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (!isDiskFull(cause)) throw cause;
    throw new ChunkDiskFullError('the disk has no room for another copy of a chunk; reads go elsewhere', { cause });
  }
}
