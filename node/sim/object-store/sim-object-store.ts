// SPDX-License-Identifier: Apache-2.0
import {
  requireListQuery,
  requireNameStart,
  requireObjectName,
  requireRange,
} from '../../src/ports/object-store-input.ts';
import {
  ObjectStoreError,
  type BodyOptions,
  type ByteRange,
  type CompleteOutcome,
  type GetOptions,
  type ListQuery,
  type ObjectHead,
  type ObjectPage,
  type ObjectStore,
  type ObjectUpload,
  type PutOutcome,
  type StaleUploads,
  type UploadOptions,
} from '../../src/ports/object-store.ts';
import type { Clock, Timers } from '../../src/ports/clock.ts';
import type { CallOptions } from '../../src/ports/shards.ts';
import { verifyCrc32, type MemoryBucket } from './memory-bucket.ts';
import { noFaults, type ObjectFault, type ObjectFaults, type ObjectOperation } from './object-faults.ts';

export interface SimObjectStoreOptions {
  /** Shared by every process of the run. */
  readonly bucket: MemoryBucket;
  /** The store's, not the node's. */
  readonly clock: Clock;
  /** Of the process that calls. */
  readonly timers: Timers;
  /** For requests that are on their way, whatever becomes of the process that sent them. Without: as `timers`. */
  readonly wire?: Timers | undefined;
  readonly faults?: ObjectFaults | undefined;
  readonly minPartBytes?: number | undefined;
}

interface Call {
  readonly operation: ObjectOperation;
  readonly name: string;
  readonly timeoutMs: number;
}

/** How many changes a stale list lacks. */
const staleChanges = 3;

/** One process's way to a bucket in memory, on which the faults lie. Time is the port's; a call without a delay takes none. */
export class SimObjectStore implements ObjectStore {
  readonly minPartBytes: number;
  readonly #options: SimObjectStoreOptions;
  readonly #faults: ObjectFaults;
  #closed = false;

  constructor(options: SimObjectStoreOptions) {
    this.#options = options;
    this.#faults = options.faults ?? noFaults;
    this.minPartBytes = options.minPartBytes ?? 1;
  }

  async put(name: string, body: Uint8Array, { crc32, timeoutMs }: BodyOptions): Promise<PutOutcome> {
    requireObjectName(name);
    const sent = body.slice();
    return this.#call({ operation: 'put', name, timeoutMs }, (fault) => {
      verifyCrc32(name, sent, crc32);
      return this.#create(fault, () => this.#bucket.put(name, asStored(fault, sent), this.#nowMs));
    });
  }

  async startUpload(name: string, options: UploadOptions): Promise<ObjectUpload> {
    const call: Call = { operation: 'startUpload', name, timeoutMs: options.timeoutMs };
    const id = await this.#call(call, () => this.#bucket.startUpload(name, options, this.minPartBytes, this.#nowMs));
    return {
      writePart: async (number, body, part) => this.#writePart(id, name, { number, body: body.slice(), ...part }),
      complete: async ({ timeoutMs }) => this.#complete(id, name, timeoutMs),
      abort: async ({ timeoutMs }) => {
        await this.#call({ operation: 'abort', name, timeoutMs }, () => this.#bucket.abort(id));
      },
    };
  }

  async get(name: string, { maxBytes, timeoutMs }: GetOptions): Promise<Uint8Array | undefined> {
    requireObjectName(name);
    return this.#call({ operation: 'get', name, timeoutMs }, (fault) => {
      const body = this.#bucket.get(name);
      if (body !== undefined && body.length > maxBytes) {
        throw new ObjectStoreError('invalid', `${name} has ${body.length} bytes, more than ${maxBytes}: read ranges`);
      }
      return body && asStored(fault, body.slice());
    });
  }

  async getRange(name: string, range: ByteRange, { timeoutMs }: CallOptions): Promise<Uint8Array | undefined> {
    requireObjectName(name);
    requireRange(name, range);
    return this.#call({ operation: 'getRange', name, timeoutMs }, (fault) => {
      const body = this.#bucket.get(name);
      const end = range.offset + range.length;
      if (body !== undefined && body.length < end) {
        throw new ObjectStoreError('corrupt', `${name} ends at byte ${body.length}, before ${end}`);
      }
      return body && asStored(fault, body.slice(range.offset, end));
    });
  }

  async head(name: string, { timeoutMs }: CallOptions): Promise<ObjectHead | undefined> {
    requireObjectName(name);
    return this.#call({ operation: 'head', name, timeoutMs }, () => {
      const info = this.#bucket.head(name);
      return info && { ...info, checksum: undefined };
    });
  }

  async list(query: ListQuery, { timeoutMs }: CallOptions): Promise<ObjectPage> {
    requireListQuery(query);
    return this.#call({ operation: 'list', name: query.prefix, timeoutMs }, (fault) =>
      this.#bucket.list(query, fault === 'staleList' ? staleChanges : 0),
    );
  }

  async delete(name: string, { timeoutMs }: CallOptions): Promise<void> {
    requireObjectName(name);
    await this.#call({ operation: 'delete', name, timeoutMs }, () => this.#bucket.delete(name));
  }

  async abortUploads(stale: StaleUploads, { timeoutMs }: CallOptions): Promise<readonly string[]> {
    requireNameStart(stale.prefix);
    const call: Call = { operation: 'abortUploads', name: stale.prefix, timeoutMs };
    return this.#call(call, () => this.#bucket.abortUploads(stale));
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  get #bucket(): MemoryBucket {
    return this.#options.bucket;
  }

  get #nowMs(): number {
    return this.#options.clock.nowMs();
  }

  async #writePart(
    id: number,
    name: string,
    { number, body, crc32, timeoutMs }: BodyOptions & { readonly number: number; readonly body: Uint8Array },
  ): Promise<void> {
    await this.#call({ operation: 'writePart', name, timeoutMs }, (fault) => {
      verifyCrc32(`part ${number} of ${name}`, body, crc32);
      this.#bucket.writePart(id, number, asStored(fault, body));
    });
  }

  async #complete(id: number, name: string, timeoutMs: number): Promise<CompleteOutcome> {
    return this.#call({ operation: 'complete', name, timeoutMs }, (fault) =>
      this.#create(fault, () => this.#bucket.complete(id, this.#nowMs)),
    );
  }

  #create<T extends CompleteOutcome>(fault: ObjectFault | undefined, run: () => T): T {
    const first = run();
    return fault === 'existsAfterOwn' ? run() : first;
  }

  /** The request travels, is done or not, and is answered or not; the deadline runs beside it. */
  async #call<T>(call: Call, run: (fault: ObjectFault | undefined) => T): Promise<T> {
    const { timers, wire } = this.#options;
    const { delayMs, fault } = this.#faults.next(call.operation, call.name);
    return new Promise((resolve, reject) => {
      const deadline = timers.after(call.timeoutMs, () => {
        reject(failure('timeout', call, `no answer in ${call.timeoutMs} ms`));
      });
      // What comes back reaches the caller only while it lives.
      const answer = (settle: () => void): void => {
        deadline();
        if (wire === undefined) settle();
        else timers.after(0, settle);
      };
      const arrive = (): void => {
        if (fault === 'timeoutBefore') return;
        try {
          const result = this.#perform(call, fault, run);
          if (fault === 'timeoutAfter') return;
          if (fault === 'lostAnswer') throw failure('unavailable', call, 'the connection broke before the answer');
          answer(() => resolve(result));
        } catch (error) {
          answer(() => reject(error instanceof Error ? error : new Error(String(error))));
        }
      };
      if (delayMs === 0) arrive();
      else (wire ?? timers).after(delayMs, arrive);
    });
  }

  #perform<T>(call: Call, fault: ObjectFault | undefined, run: (fault: ObjectFault | undefined) => T): T {
    if (this.#closed) throw failure('unavailable', call, 'the store is closed');
    if (fault === 'torn') throw failure('unavailable', call, 'the connection broke in the middle');
    if (fault === 'throttled') throw failure('throttled', call, 'SlowDown');
    if (fault === 'conflict') throw failure('conflict', call, 'ConditionalRequestConflict');
    return run(fault);
  }
}

function failure(
  kind: 'timeout' | 'unavailable' | 'throttled' | 'conflict',
  call: Call,
  why: string,
): ObjectStoreError {
  return new ObjectStoreError(kind, `${call.operation} ${call.name}: ${why}`);
}

function asStored(fault: ObjectFault | undefined, body: Uint8Array): Uint8Array {
  if (fault !== 'flippedByte' || body.length === 0) return body;
  const flipped = body.slice();
  const middle = Math.floor(body.length / 2);
  flipped[middle] = (flipped[middle] ?? 0) ^ 0x40;
  return flipped;
}
