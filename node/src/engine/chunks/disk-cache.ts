// SPDX-License-Identifier: Apache-2.0
import { defined } from '@shortlink/common/assert.ts';
import type { CacheFileProblem, CacheFiles } from '../../ports/cache-files.ts';
import type { Clock } from '../../ports/clock.ts';

export interface DiskCacheOptions {
  readonly files: CacheFiles;
  /** Of all files together. */
  readonly maxBytes: number;
  readonly clock: Clock;
  readonly crc32: (bytes: Uint8Array) => number;
  readonly observer: DiskCacheObserver;
}

export interface DiskCacheObserver {
  /** What the files have now. */
  readonly holds: (bytes: number) => void;
  /** Nothing is kept for a while; undefined: it goes on. */
  readonly switchedOff: (problem: CacheFileProblem | undefined) => void;
  /** What came back is not what was written, and is not used. */
  readonly damaged: () => void;
}

interface Segment {
  readonly file: number;
  readonly entries: Entry[];
  bytes: number;
  /** Bytes with what the records of small entries take in memory. */
  charge: number;
}

interface Entry {
  readonly name: string;
  readonly offset: number;
  readonly length: number;
  readonly crc: number;
  readonly segment: Segment;
  /** Its place in the file. */
  readonly at: number;
  wasRead: boolean;
}

/** A part that is on its way to the disk. */
interface Part {
  readonly name: string;
  readonly offset: number;
  readonly bytes: Uint8Array;
  isForgotten: boolean;
}

/** Files that are kept; one more is being filled while the oldest one is cleared out. */
const segmentsMax = 16;
const segmentMaxBytes = 256 * 1024 * 1024;
/** An entry counts as at least so many bytes, so that small ones cannot fill the memory with records. */
const entryMinCharge = 4096;
/** Parts that wait for the disk; beyond it they are not kept. */
const pendingMaxBytes = 8 * 1024 * 1024;
/** Room that is left to those who cannot do without: a store that finds none ends the process. */
const reserveBytes = 1024 * 1024 * 1024;
const offMs = 10 * 60_000;

/**
 * Parts of chunks that came from afar, on this disk. Files are filled one after the other; the oldest goes first, and what
 * was read in it meanwhile moves on to the newest (CLOCK). It may forget anything, but never gives other bytes than it got.
 */
export class DiskCache {
  readonly #options: DiskCacheOptions;
  readonly #segmentBytes: number;
  readonly #entries = new Map<string, Map<number, Entry>>();
  /** The newest last. */
  readonly #segments: Segment[] = [];
  readonly #pending: Part[] = [];
  #pendingBytes = 0;
  #isWriting = false;
  /** What is on its way into a file now. */
  #written: Part | undefined;
  #files = 0;
  #offUntilMs: number | undefined;

  constructor(options: DiskCacheOptions) {
    this.#options = options;
    this.#segmentBytes = Math.min(segmentMaxBytes, Math.floor(options.maxBytes / (segmentsMax + 1)));
  }

  /** Undefined when it is not here, or not as it was. */
  async read(name: string, offset: number, length: number): Promise<Uint8Array | undefined> {
    const entry = this.#entries.get(name)?.get(offset);
    return entry?.length === length ? this.#readEntry(entry) : undefined;
  }

  /** Keeps a part if it can, some time later. The bytes must not change any more. */
  write(name: string, offset: number, bytes: Uint8Array): void {
    if (!this.#isOn() || this.#entries.get(name)?.has(offset) === true) return;
    const isTooMuch = this.#pending.length > 0 && this.#pendingBytes + bytes.length > pendingMaxBytes;
    if (isTooMuch || bytes.length > this.#segmentBytes / 2) return;
    this.#pending.push({ name, offset, bytes, isForgotten: false });
    this.#pendingBytes += bytes.length;
    if (!this.#isWriting) void this.#writeAll();
  }

  /** Gives nothing of this chunk any more that was written before. */
  forget(name: string): void {
    this.#entries.delete(name);
    for (const part of [...this.#pending, this.#written]) if (part?.name === name) part.isForgotten = true;
  }

  async #readEntry(entry: Entry): Promise<Uint8Array | undefined> {
    const { files, crc32, observer } = this.#options;
    const bytes = await files.read(entry.segment.file, entry.at, entry.length);
    if (!this.#isCurrent(entry)) return undefined;
    if (bytes !== undefined && crc32(bytes) === entry.crc) {
      entry.wasRead = true;
      return bytes;
    }
    this.#drop(entry);
    observer.damaged();
    return undefined;
  }

  async #writeAll(): Promise<void> {
    this.#isWriting = true;
    for (let part = this.#pending[0]; part !== undefined; part = this.#pending[0]) {
      const segment = await this.#segmentWithRoom(part.bytes.length);
      if (segment !== undefined) await this.#append(segment, part);
      this.#pending.shift();
      this.#pendingBytes -= part.bytes.length;
    }
    this.#isWriting = false;
  }

  async #append(segment: Segment, part: Part): Promise<void> {
    const { files, crc32, observer } = this.#options;
    const { name, offset, bytes } = part;
    const at = segment.bytes;
    this.#written = part;
    const problem = await files.append(segment.file, bytes);
    this.#written = undefined;
    if (problem !== undefined) return this.#switchOff(problem);
    segment.bytes += bytes.length;
    segment.charge += chargeOf(bytes.length);
    observer.holds(this.#segments.reduce((sum, one) => sum + one.bytes, 0));
    if (part.isForgotten) return undefined;
    const entry: Entry = { name, offset, length: bytes.length, crc: crc32(bytes), segment, at, wasRead: false };
    segment.entries.push(entry);
    const ofName = this.#entries.get(name);
    if (ofName === undefined) this.#entries.set(name, new Map([[offset, entry]]));
    else ofName.set(offset, entry);
    return undefined;
  }

  /** The newest segment, or one more; undefined when there is no room on the disk. */
  async #segmentWithRoom(bytes: number): Promise<Segment | undefined> {
    if (!this.#isOn()) return undefined;
    const newest = this.#segments.at(-1);
    if (newest !== undefined && newest.charge + chargeOf(bytes) <= this.#segmentBytes) return newest;
    const freeBytes = this.#options.files.freeBytes();
    if (freeBytes !== undefined && freeBytes < reserveBytes + this.#segmentBytes) {
      await this.#switchOff('full');
      return undefined;
    }
    const next: Segment = { file: ++this.#files, entries: [], bytes: 0, charge: 0 };
    this.#segments.push(next);
    if (this.#segments.length > segmentsMax) await this.#clearOut(defined(this.#segments[0], 'a segment'), next);
    return this.#isOn() ? next : undefined;
  }

  /** Half of the new segment at most, so that there is room for what is new. */
  async #clearOut(oldest: Segment, next: Segment): Promise<void> {
    for (const entry of oldest.entries) {
      if (!this.#isCurrent(entry)) continue;
      const hasRoom = next.charge + chargeOf(entry.length) <= this.#segmentBytes / 2;
      const bytes = entry.wasRead && hasRoom ? await this.#readEntry(entry) : undefined;
      const isWanted = this.#isCurrent(entry);
      if (isWanted) this.#drop(entry);
      if (bytes === undefined || !isWanted) continue;
      await this.#append(next, { name: entry.name, offset: entry.offset, bytes, isForgotten: false });
      if (!this.#isOn()) return;
    }
    this.#segments.shift();
    await this.#options.files.remove(oldest.file);
  }

  /** Gives back all room that it took. */
  async #switchOff(problem: CacheFileProblem): Promise<void> {
    const { clock, files, observer } = this.#options;
    this.#offUntilMs = clock.monotonicMs() + offMs;
    this.#entries.clear();
    const removed = this.#segments.splice(0);
    for (const { file } of removed) await files.remove(file);
    observer.switchedOff(problem);
    observer.holds(0);
  }

  #isOn(): boolean {
    if (this.#offUntilMs === undefined) return true;
    if (this.#options.clock.monotonicMs() < this.#offUntilMs) return false;
    this.#offUntilMs = undefined;
    this.#options.observer.switchedOff(undefined);
    return true;
  }

  #isCurrent(entry: Entry): boolean {
    return this.#entries.get(entry.name)?.get(entry.offset) === entry;
  }

  #drop({ name, offset }: Entry): void {
    const ofName = this.#entries.get(name);
    ofName?.delete(offset);
    if (ofName?.size === 0) this.#entries.delete(name);
  }
}

function chargeOf(bytes: number): number {
  return Math.max(bytes, entryMinCharge);
}
