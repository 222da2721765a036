// SPDX-License-Identifier: Apache-2.0
import { mkdir, open, readdir, readFile, rm, stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { ObjectStoreError, type CompleteOutcome, type StaleUploads } from '../../ports/object-store.ts';
import type { UploadParts } from '../../ports/object-store-input.ts';
import { isAbsent } from './file-errors.ts';
import { publish } from './file-publish.ts';

const abortMaxUploads = 1000;

/**
 * The parts of one upload, in a file at the places that they have in the object. Once it has a name nothing more is
 * written: the same file is the object then.
 */
export class FileUpload {
  readonly #root: string;
  readonly #folder: string;
  readonly #name: string;
  readonly #parts: UploadParts;
  readonly #file: FileHandle;
  readonly #writing = new Set<Promise<void>>();
  #isOver = false;

  private constructor(place: { root: string; folder: string; name: string }, parts: UploadParts, file: FileHandle) {
    this.#root = place.root;
    this.#folder = place.folder;
    this.#name = place.name;
    this.#parts = parts;
    this.#file = file;
  }

  /** `folder` is a new one, below the folder of uploads. */
  static async start(place: { root: string; folder: string; name: string }, parts: UploadParts): Promise<FileUpload> {
    await mkdir(place.folder);
    const nameFile = await open(join(place.folder, 'name'), 'wx', 0o600);
    try {
      await nameFile.writeFile(place.name);
    } finally {
      await nameFile.close();
    }
    return new FileUpload(place, parts, await open(join(place.folder, 'data'), 'wx', 0o600));
  }

  async writePart(number: number, body: Uint8Array): Promise<void> {
    const offset = this.#parts.offsetOf(number, body.length);
    if (this.#isOver) throw new ObjectStoreError('invalid', `the upload of ${this.#name} is gone: start a new one`);
    const write = this.#write(offset, body).then(() => this.#parts.written(number, body.length));
    this.#writing.add(write);
    await write.finally(() => this.#writing.delete(write));
  }

  async complete(): Promise<CompleteOutcome> {
    if (this.#isOver) return 'gone';
    const { size } = this.#parts.whole();
    this.#isOver = true;
    let outcome: CompleteOutcome | undefined;
    try {
      // Calls whose time was over still write.
      await Promise.allSettled(this.#writing);
      await this.#file.truncate(size);
      await this.#file.sync();
      outcome = await publish(this.#root, join(this.#folder, 'data'), this.#name);
    } finally {
      this.#isOver = outcome === 'created' || outcome === 'gone';
    }
    if (this.#isOver) await this.#remove();
    return outcome;
  }

  async abort(): Promise<void> {
    this.#isOver = true;
    await Promise.allSettled(this.#writing);
    await this.#remove();
  }

  async #remove(): Promise<void> {
    await this.#file.close();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #write(offset: number, body: Uint8Array): Promise<void> {
    for (let done = 0; done < body.length;) {
      const { bytesWritten } = await this.#file.write(body, done, body.length - done, offset + done);
      done += bytesWritten;
    }
  }
}

/** Removes uploads that somebody left behind. @returns the names that their objects were to have. */
export async function abortStale(uploads: string, stale: StaleUploads): Promise<string[]> {
  const aborted: string[] = [];
  for (const entry of (await readdir(uploads)).toSorted()) {
    if (aborted.length === abortMaxUploads) break;
    const folder = join(uploads, entry);
    const begun = await nameAndStart(folder);
    if (begun?.name.startsWith(stale.prefix) !== true || begun.startedMs >= stale.startedBeforeMs) continue;
    await rm(folder, { recursive: true, force: true });
    aborted.push(begun.name);
  }
  return aborted;
}

/** Removes what crashes have left of whole objects and of uploads, and what nobody has touched for so long. */
export async function sweep(uploads: string, untouchedSinceMs: number): Promise<void> {
  for (const entry of await readdir(uploads)) {
    const path = join(uploads, entry);
    const touchedMs = Math.max(...(await Promise.all([path, join(path, 'data')].map(modifiedMs))));
    if (touchedMs < untouchedSinceMs) await rm(path, { recursive: true, force: true });
  }
}

async function nameAndStart(folder: string): Promise<{ name: string; startedMs: number } | undefined> {
  try {
    const file = join(folder, 'name');
    return { name: await readFile(file, 'utf8'), startedMs: (await stat(file)).mtimeMs };
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

async function modifiedMs(path: string): Promise<number> {
  try {
    return (await stat(path)).mtimeMs;
  } catch (error) {
    if (isAbsent(error)) return 0;
    throw error;
  }
}
