// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import { mkdir, open, rm, stat, unlink, type FileHandle } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { crc32 } from 'node:zlib';
import {
  requireListQuery,
  requireNameStart,
  requireObjectName,
  requireRange,
  UploadParts,
} from '../../ports/object-store-input.ts';
import {
  ObjectStoreError,
  type BodyOptions,
  type ByteRange,
  type GetOptions,
  type ListQuery,
  type ObjectHead,
  type ObjectInfo,
  type ObjectPage,
  type ObjectStore,
  type ObjectUpload,
  type PutOutcome,
  type StaleUploads,
  type UploadOptions,
} from '../../ports/object-store.ts';
import type { CallOptions } from '../../ports/shards.ts';
import { withDeadline } from './deadline.ts';
import { fromFileError, isAbsent, systemCode } from './file-errors.ts';
import { namesAfter } from './file-names.ts';
import { isThere, pruneFolders, publish, syncFolders } from './file-publish.ts';
import { abortStale, FileUpload, sweep } from './file-upload.ts';

/** Hidden, so that it is never the name of an object. It also tells that the folder is what it is taken for. */
const uploadsFolder = '.uploads';
/** A living writer touches what it writes more often than this. */
const sweepAfterMs = 24 * 60 * 60_000;

/**
 * Objects as files below one folder, for processes of one machine or of machines that share a file system with hard links.
 * What is created is on disk, name and content, before the call returns. Checksums of what lies there are the readers' own.
 */
export class FileObjectStore implements ObjectStore {
  readonly minPartBytes = 1;
  readonly #root: string;
  readonly #uploads: string;
  #isClosed = false;

  private constructor(root: string) {
    this.#root = root;
    this.#uploads = join(root, uploadsFolder);
  }

  /** Makes the folder when it is missing, and removes what crashed writers have left behind. @throws ObjectStoreError */
  static async open(folder: string): Promise<FileObjectStore> {
    const store = new FileObjectStore(resolve(folder));
    try {
      const made = await mkdir(store.#uploads, { recursive: true, mode: 0o700 });
      if (made !== undefined) await syncFolders(dirname(made), relative(dirname(made), join(store.#uploads, 'any')));
      await sweep(store.#uploads, Date.now() - sweepAfterMs);
    } catch (error) {
      throw fromFileError(store.#root, error);
    }
    return store;
  }

  async put(name: string, body: Uint8Array, { crc32: expected, timeoutMs }: BodyOptions): Promise<PutOutcome> {
    requireObjectName(name);
    const sent = body.slice();
    return this.#call(`put ${name}`, timeoutMs, async () => {
      verify(name, sent, expected);
      const file = join(this.#uploads, randomUUID());
      try {
        await writeSynced(file, sent);
        const outcome = await publish(this.#root, file, name);
        if (outcome === 'gone') throw new ObjectStoreError('unavailable', `${file} was removed while it was written`);
        return outcome;
      } finally {
        await rm(file, { force: true });
      }
    });
  }

  async startUpload(name: string, options: UploadOptions): Promise<ObjectUpload> {
    const parts = new UploadParts(name, options, this.minPartBytes);
    const place = { root: this.#root, folder: join(this.#uploads, randomUUID()), name };
    const upload = await this.#call(`start ${name}`, options.timeoutMs, async () => FileUpload.start(place, parts));
    return {
      writePart: async (number, body, { crc32: expected, timeoutMs }) => {
        const sent = body.slice();
        await this.#call(`part ${number} of ${name}`, timeoutMs, async () => {
          verify(`part ${number} of ${name}`, sent, expected);
          await upload.writePart(number, sent);
        });
      },
      complete: async ({ timeoutMs }) => this.#call(`complete ${name}`, timeoutMs, async () => upload.complete()),
      abort: async ({ timeoutMs }) => this.#call(`abort ${name}`, timeoutMs, async () => upload.abort()),
    };
  }

  async get(name: string, { maxBytes, timeoutMs }: GetOptions): Promise<Uint8Array | undefined> {
    requireObjectName(name);
    return this.#call(`get ${name}`, timeoutMs, async () =>
      this.#read(name, (size) => {
        if (size <= maxBytes) return { offset: 0, length: size };
        throw new ObjectStoreError('invalid', `${name} has ${size} bytes, more than ${maxBytes}: read ranges`);
      }),
    );
  }

  async getRange(name: string, range: ByteRange, { timeoutMs }: CallOptions): Promise<Uint8Array | undefined> {
    requireObjectName(name);
    requireRange(name, range);
    return this.#call(`get ${name}`, timeoutMs, async () =>
      this.#read(name, (size) => {
        const end = range.offset + range.length;
        if (end <= size) return range;
        throw new ObjectStoreError('corrupt', `${name} ends at byte ${size}, before ${end}`);
      }),
    );
  }

  async head(name: string, { timeoutMs }: CallOptions): Promise<ObjectHead | undefined> {
    requireObjectName(name);
    return this.#call(`head ${name}`, timeoutMs, async () => {
      const info = await this.#info(name);
      return info && { ...info, checksum: undefined };
    });
  }

  async list(query: ListQuery, { timeoutMs }: CallOptions): Promise<ObjectPage> {
    requireListQuery(query);
    return this.#call(`list ${query.prefix}`, timeoutMs, async () => {
      const objects: ObjectInfo[] = [];
      for await (const name of namesAfter(this.#root, query.prefix, query.cursor ?? '')) {
        const last = objects.at(-1)?.name;
        if (objects.length === query.limit) return { objects, nextCursor: last };
        const info = await this.#info(name);
        if (info !== undefined) objects.push(info);
      }
      return { objects, nextCursor: undefined };
    });
  }

  async delete(name: string, { timeoutMs }: CallOptions): Promise<void> {
    requireObjectName(name);
    await this.#call(`delete ${name}`, timeoutMs, async () => {
      try {
        await unlink(join(this.#root, name));
      } catch (error) {
        // A folder of that name holds other objects; Linux says EISDIR, POSIX EPERM.
        const isFolder = systemCode(error) === 'EISDIR' || (await this.#isFolder(name));
        if (!isFolder && !isAbsent(error)) throw error;
      }
      await syncFolders(this.#root, name);
      await pruneFolders(this.#root, name);
    });
  }

  async abortUploads(stale: StaleUploads, { timeoutMs }: CallOptions): Promise<readonly string[]> {
    requireNameStart(stale.prefix);
    return this.#call('abort uploads', timeoutMs, async () => abortStale(this.#uploads, stale));
  }

  async close(): Promise<void> {
    this.#isClosed = true;
  }

  async #call<T>(what: string, timeoutMs: number, work: () => Promise<T>): Promise<T> {
    if (this.#isClosed) throw new ObjectStoreError('unavailable', `${what}: the object store is closed`);
    try {
      return await withDeadline(what, timeoutMs, work());
    } catch (error) {
      throw fromFileError(this.#root, error);
    }
  }

  async #read(name: string, rangeOf: (size: number) => ByteRange): Promise<Uint8Array | undefined> {
    const file = await this.#open(name);
    if (file === undefined) return undefined;
    try {
      const stats = await file.stat();
      if (!stats.isFile()) return undefined;
      return await readRange(name, file, rangeOf(stats.size));
    } finally {
      await file.close();
    }
  }

  async #open(name: string): Promise<FileHandle | undefined> {
    try {
      // Links are none of ours.
      return await open(join(this.#root, name), constants.O_RDONLY | constants.O_NOFOLLOW);
    } catch (error) {
      return this.#absent(error);
    }
  }

  async #info(name: string): Promise<ObjectInfo | undefined> {
    const stats = await this.#stats(name);
    if (stats?.isFile() !== true) return undefined;
    return { name, size: stats.size, modifiedMs: Math.floor(stats.mtimeMs) };
  }

  async #isFolder(name: string): Promise<boolean> {
    return (await this.#stats(name))?.isDirectory() === true;
  }

  async #stats(name: string): Promise<Stats | undefined> {
    try {
      return await stat(join(this.#root, name));
    } catch (error) {
      return this.#absent(error);
    }
  }

  /** Nothing is there, unless the whole store is not: a volume that is not mounted must not look like an empty one. */
  async #absent(error: unknown): Promise<undefined> {
    if (!isAbsent(error)) throw error;
    if (await isThere(this.#uploads)) return;
    throw new ObjectStoreError('unavailable', `the object store in ${this.#root} is not there: is it mounted?`);
  }
}

function verify(what: string, body: Uint8Array, expected: number | undefined): void {
  if (expected === undefined || crc32(body) === expected) return;
  throw new ObjectStoreError('corrupt', `${what} does not have the checksum that was sent with it: send it again`);
}

async function writeSynced(path: string, body: Uint8Array): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(body);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function readRange(name: string, file: FileHandle, { offset, length }: ByteRange): Promise<Uint8Array> {
  const out = new Uint8Array(length);
  for (let done = 0; done < length;) {
    const { bytesRead } = await file.read(out, done, length - done, offset + done);
    if (bytesRead === 0) throw new ObjectStoreError('corrupt', `${name} became shorter while it was read`);
    done += bytesRead;
  }
  return out;
}
