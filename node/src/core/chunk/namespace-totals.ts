// SPDX-License-Identifier: Apache-2.0
import type { BlockRows } from './blocks/block-cutter.ts';
import type { NamespaceProperties } from './tail/chunk-properties.ts';

/** Counts the blocks of a namespace while they are written. */
export class NamespaceTotals {
  readonly namespace: number;
  readonly hasFilter: boolean;
  readonly #firstKey: Uint8Array;
  #lastKey: Uint8Array;
  #blockCount = 0;
  #rowCount = 0;
  #tombstoneCount = 0;
  #rawBytes = 0;
  #storedBytes = 0;

  constructor(namespace: number, hasFilter: boolean, firstKey: Uint8Array) {
    this.namespace = namespace;
    this.hasFilter = hasFilter;
    this.#firstKey = firstKey;
    this.#lastKey = firstKey;
  }

  add(block: BlockRows, storedBytes: number, lastKey: Uint8Array): void {
    this.#lastKey = lastKey;
    this.#blockCount++;
    this.#rowCount += block.rows.length;
    this.#tombstoneCount += block.tombstoneCount;
    this.#rawBytes += block.rawBytes;
    this.#storedBytes += storedBytes;
  }

  properties(): NamespaceProperties {
    return {
      namespace: this.namespace,
      blockCount: this.#blockCount,
      rowCount: this.#rowCount,
      tombstoneCount: this.#tombstoneCount,
      rawBytes: this.#rawBytes,
      storedBytes: this.#storedBytes,
      hasFilter: this.hasFilter,
      firstKey: this.#firstKey,
      lastKey: this.#lastKey,
    };
  }
}
