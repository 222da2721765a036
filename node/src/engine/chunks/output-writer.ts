// SPDX-License-Identifier: Apache-2.0
import { toHex } from '@shortlink/common/bytes.ts';
import type { ChunkRow } from '../../core/chunk/chunk-row.ts';
import { ChunkWriter } from '../../core/chunk/chunk-writer.ts';
import type { ChunkOrigin } from '../../core/chunk/tail/chunk-properties.ts';
import { describeStateRow } from '../../core/chunk/describe-state-row.ts';
import { shareKeys } from '../../core/lifecycle/chunk-set.ts';
import { chunkName } from '../../core/lifecycle/object-names.ts';
import type { ChunkNameParts } from '../../core/lifecycle/object-names.ts';
import type { ChunkFormat, ChunkObject, ChunkRecord } from '../../core/lifecycle/types.ts';
import type { ChunkContext } from './chunk-context.ts';
import { objectOf } from './chunk-object.ts';
import { ObjectSink } from './object-sink.ts';

export interface OutputOptions {
  readonly names: ChunkNameParts;
  /** `inputs` are left out: each output names those whose ranges it shares. */
  readonly origin: Omit<ChunkOrigin, 'inputs'>;
  readonly inputs: readonly ChunkRecord[];
  readonly format: ChunkFormat;
  /** Size at which an output ends. */
  readonly targetBytes: number;
}

const attemptBytes = 8;
/** Rows that wait become about so much smaller. */
const compression = 4;

interface OpenOutput {
  readonly name: string;
  readonly writer: ChunkWriter;
  readonly sink: ObjectSink;
  readonly firstKey: Uint8Array;
  lastKey: Uint8Array;
}

/** Writes sorted rows as chunks of about one size, one after the other, into the object store. */
export class OutputWriter {
  readonly #context: ChunkContext;
  readonly #options: OutputOptions;
  readonly outputs: ChunkObject[] = [];
  #open: OpenOutput | undefined;
  #emittedBytes = 0;
  #pacedBytes = 0;

  constructor(context: ChunkContext, options: OutputOptions) {
    this.#context = context;
    this.#options = options;
  }

  /** @throws ObjectStoreError */
  async add(rows: readonly ChunkRow[]): Promise<void> {
    for (const row of rows) {
      const open = (this.#open ??= this.#begin(row.key));
      open.writer.add(row);
      open.lastKey = row.key;
      const bytes = this.#emittedBytes + open.writer.waitingBytes / compression;
      if (bytes >= this.#options.targetBytes) await this.#end();
    }
    await this.#flush();
  }

  /** @returns what was written. @throws ObjectStoreError, SupersededError */
  async finish(): Promise<readonly ChunkObject[]> {
    await this.#end();
    return this.outputs;
  }

  /** Gives up what is being written. What is written stays, see `outputs`. */
  async abort(): Promise<void> {
    await this.#open?.sink.abort();
    this.#open = undefined;
  }

  #begin(firstKey: Uint8Array): OpenOutput {
    const { origin, names, format } = this.#options;
    const { codec, random, objects } = this.#context;
    const name = chunkName(origin.clusterId, origin.shard, names, toHex(random.bytes(attemptBytes)));
    const sink = new ObjectSink(objects, name, (bytes) => codec.crc32(bytes));
    this.#emittedBytes = 0;
    this.#pacedBytes = 0;
    const emit = (bytes: Uint8Array): void => {
      this.#emittedBytes += bytes.length;
      sink.push(bytes);
    };
    const whole = { ...origin, inputs: [] };
    const writer = new ChunkWriter({ codec, origin: whole, describe: describeStateRow, emit, parameters: format });
    return { name, writer, sink, firstKey, lastKey: firstKey };
  }

  async #end(): Promise<void> {
    const open = this.#open;
    if (open === undefined) return;
    const lineage = this.#options.inputs.filter(({ object }) => shareKeys(object, open));
    const summary = open.writer.finish(lineage.map(({ object }) => object.name));
    await this.#flush();
    await this.#context.supersession.assertNot(this.#options.origin.clusterId);
    await open.sink.finish();
    this.outputs.push(objectOf(open.name, summary));
    this.#open = undefined;
  }

  async #flush(): Promise<void> {
    if (this.#open === undefined) return;
    await this.#context.pace(this.#emittedBytes - this.#pacedBytes);
    this.#pacedBytes = this.#emittedBytes;
    await this.#open.sink.flush();
  }
}
