// SPDX-License-Identifier: Apache-2.0
import { ByteReader, DecodeError } from '@shortlink/common/byte-reader.ts';
import { compareBytes } from '@shortlink/common/bytes.ts';
import { unzigzag } from '../bits/number-column.ts';
import type { Block } from '../blocks/block.ts';
import { readFrame } from '../blocks/frame.ts';
import type { ChunkCodec } from '../chunk-codec.ts';
import { chunkLimits } from '../chunk-limits.ts';
import type { ChunkRow } from '../chunk-row.ts';
import { codeCount, codeMaxDigits, codeNumber, writeCode } from './code-numbers.ts';
import { unlistedCreator } from './creator-table.ts';
import { codeOffset, linkFlagBits, linkKinds } from './link-block-layout.ts';
import { LinkColumns } from './link-columns.ts';
import type { ReadableLinkModel } from './link-model.ts';
import { LinkTexts } from './link-texts.ts';
import { joinLinkValue } from './link-value.ts';

/** What the blocks of a namespace are read with. */
export interface LinkBlockContext {
  readonly codec: ChunkCodec;
  readonly model: ReadableLinkModel;
  /** First byte of every key. */
  readonly namespace: number;
}

/** Reads what encodeLinkBlock wrote behind the first byte. */
export class LinkBlock implements Block {
  readonly rowCount: number;
  readonly memoryBytes: number;
  readonly #context: LinkBlockContext;
  readonly #codeLength: number;
  readonly #firstCode: number;
  readonly #columns: LinkColumns;
  readonly #urlBytes: number;
  readonly #frame: Uint8Array;
  #lazyTexts: LinkTexts | undefined;
  #lazyCodes: Float64Array | undefined;

  constructor(reader: ByteReader, rowCount: number, context: LinkBlockContext) {
    this.rowCount = rowCount;
    this.#context = context;
    this.#codeLength = reader.uint8();
    if (this.#codeLength > codeMaxDigits) throw new DecodeError(`codes of ${this.#codeLength} digits`);
    this.#firstCode = reader.varint();
    this.#columns = new LinkColumns(reader, rowCount);
    this.#urlBytes = reader.varint();
    this.#frame = reader.raw(reader.remaining);
    // Most rows have five numbers, and a text is about three times as long as its frame.
    this.memoryBytes = rowCount * 5 * 8 + this.#frame.length * 4;
  }

  get(key: Uint8Array): Uint8Array | undefined {
    const row = this.#columns.hasKind(linkKinds.namedKey) ? this.#findKey(key) : this.#findCode(key);
    return row === undefined ? undefined : this.#valueOf(row);
  }

  rows(): ChunkRow[] {
    const rows: ChunkRow[] = [];
    for (let row = 0; row < this.rowCount; row++) rows.push({ key: this.#keyOf(row), value: this.#valueOf(row) });
    return rows;
  }

  /** Where all keys are generated codes. */
  #findCode(key: Uint8Array): number | undefined {
    const code = codeNumber(key, codeOffset, this.#codeLength);
    if (code === undefined || key[0] !== this.#context.namespace) return undefined;
    const codes = this.#codes();
    let low = 0;
    let high = codes.length;
    while (low < high) {
      const row = (low + high) >>> 1;
      if ((codes[row] ?? 0) < code) low = row + 1;
      else high = row;
    }
    return codes[low] === code ? low : undefined;
  }

  #findKey(key: Uint8Array): number | undefined {
    let low = 0;
    let high = this.rowCount;
    while (low < high) {
      const row = (low + high) >>> 1;
      const order = compareBytes(this.#keyOf(row), key);
      if (order === 0) return row;
      if (order < 0) low = row + 1;
      else high = row;
    }
    return undefined;
  }

  #keyOf(row: number): Uint8Array {
    const isNamed = ((this.#columns.kinds[row] ?? 0) & linkKinds.namedKey) !== 0;
    const named = isNamed ? this.#texts().otherOf(row, 'key') : undefined;
    const key = new Uint8Array(codeOffset + (named?.length ?? this.#codeLength));
    key[0] = this.#context.namespace;
    if (named === undefined) {
      const code = this.#codes()[this.#columns.placeOf('code', row)] ?? 0;
      writeCode(key, key.length, this.#codeLength, code);
    } else {
      key.set(named, codeOffset);
    }
    return key;
  }

  #valueOf(row: number): Uint8Array {
    const columns = this.#columns;
    const { timeline } = this.#context.model;
    const kind = columns.kinds[row] ?? 0;
    const flags = kind & linkFlagBits;
    if ((kind & linkKinds.opaqueValue) !== 0) return this.#texts().otherOf(row, 'value');
    if ((kind & linkKinds.dead) !== 0) {
      const revision = columns.valueOf('deadRevision', row);
      const timeMs = timeOf(timeline.timeOf(revision), columns.valueOf('deadAt', row));
      return joinLinkValue({ kind: 'dead', flags, revision, timeMs });
    }
    const isChanged = (kind & linkKinds.changed) !== 0;
    const createRevision = columns.valueOf('createRevision', row);
    const createdAtMs = timeOf(timeline.timeOf(createRevision), columns.valueOf('createdAt', row));
    const revision = isChanged ? createRevision + columns.valueOf('changeRevision', row) : createRevision;
    const updatedAtMs = isChanged ? timeOf(timeline.timeOf(revision), columns.valueOf('changedAt', row)) : createdAtMs;
    const expiresAtMs =
      (kind & linkKinds.hasExpiry) === 0 ? undefined : timeOf(createdAtMs, columns.valueOf('expiresAt', row));
    if (revision > Number.MAX_SAFE_INTEGER || updatedAtMs < createdAtMs)
      throw new DecodeError('a link before its birth');
    const url = this.#texts().urlOf(columns.placeOf('createRevision', row));
    const creator = this.#creatorOf(row);
    return joinLinkValue({
      kind: 'live',
      flags,
      createRevision,
      revision,
      createdAtMs,
      updatedAtMs,
      expiresAtMs,
      creator,
      url,
    });
  }

  #creatorOf(row: number): Uint8Array {
    const place = this.#columns.valueOf('creator', row);
    if (place === unlistedCreator) return this.#texts().otherOf(row, 'creator');
    return this.#context.model.creators.nameOf(place);
  }

  /** The generated codes as numbers. */
  #codes(): Float64Array {
    if (this.#lazyCodes !== undefined) return this.#lazyCodes;
    const codes = this.#columns.values('code').slice();
    const end = codeCount(this.#codeLength);
    let last = this.#firstCode;
    for (let i = 0; i < codes.length; i++) {
      last += (codes[i] ?? 0) + (i === 0 ? 0 : 1);
      if (last >= end) throw new DecodeError(`a code has more than ${this.#codeLength} digits`);
      codes[i] = last;
    }
    this.#lazyCodes = codes;
    return codes;
  }

  #texts(): LinkTexts {
    const { codec, model } = this.#context;
    this.#lazyTexts ??= new LinkTexts(
      this.#readText(codec, model.dictionary),
      this.#urlBytes,
      this.#columns,
      model.prefixes,
    );
    return this.#lazyTexts;
  }

  #readText(codec: ChunkCodec, dictionary: Uint8Array | undefined): Uint8Array {
    const reader = new ByteReader(this.#frame);
    const text = readFrame(reader, { codec, maxBytes: chunkLimits.blockMaxRawBytes, dictionary });
    reader.end();
    return text;
  }
}

/** A stored difference to a guess. @throws DecodeError when the sum is no time. */
function timeOf(guessMs: number, difference: number): number {
  const timeMs = guessMs + unzigzag(difference);
  if (timeMs < 0 || timeMs > Number.MAX_SAFE_INTEGER) throw new DecodeError(`a time of ${timeMs} ms`);
  return timeMs;
}
