// SPDX-License-Identifier: Apache-2.0
import { assert } from '@shortlink/common/assert.ts';
import { rebaseKey } from '../../core/statemachine/keys.ts';
import type { KvEngine } from '../../ports/kv-engine.ts';
import type { SnapshotSink } from '../../ports/peers.ts';
import { decodeChunk } from './snapshot-codec.ts';

export interface SnapshotWriterOptions {
  readonly store: KvEngine;
  /** A staging slot: garbage until the replica's record points to it. */
  readonly slot: number;
  /** `bytes`: all that arrived. */
  readonly complete: (bytes: number) => void;
  readonly abandoned: () => void;
}

/**
 * Writes an arriving snapshot under its staging slot. Nothing refers to these rows until Raft has accepted the snapshot
 * and one batch moves the pointer, so a crash or a broken stream at any point leaves only garbage with a name.
 */
export class SnapshotWriter implements SnapshotSink {
  readonly #options: SnapshotWriterOptions;
  #rowCount = 0;
  #bytes = 0;
  #complete = false;
  #over = false;

  constructor(options: SnapshotWriterOptions) {
    this.#options = options;
  }

  chunk(bytes: Uint8Array): void {
    assert(!this.#over && !this.#complete, 'a chunk after the end of a snapshot');
    this.#bytes += bytes.length;
    const chunk = decodeChunk(bytes);
    if (chunk.kind === 'end') {
      assert(chunk.rowCount === this.#rowCount, `snapshot of ${chunk.rowCount} rows arrived with ${this.#rowCount}`);
      this.#complete = true;
      return;
    }
    const batch = this.#options.store.batch();
    for (const row of chunk.rows) batch.put('state', rebaseKey(row.key, this.#options.slot), row.value);
    // Not synchronous: the synchronous batch that moves the pointer makes everything before it durable, too.
    this.#options.store.write(batch, { sync: false });
    this.#rowCount += chunk.rows.length;
  }

  end(): void {
    if (this.#over) return;
    if (!this.#complete) return this.abort();
    this.#over = true;
    this.#options.complete(this.#bytes);
  }

  abort(): void {
    if (this.#over) return;
    this.#over = true;
    this.#options.abandoned();
  }
}
