// SPDX-License-Identifier: Apache-2.0
import { ByteWriter } from '@shortlink/common/byte-writer.ts';
import { encodeNumbers, zigzag } from '../bits/number-column.ts';
import { blockEncodings } from '../blocks/block.ts';
import { writeFrame, type Compression } from '../blocks/frame.ts';
import type { ChunkRow } from '../chunk-row.ts';
import { codeNumber, usualCodeLength } from './code-numbers.ts';
import { unlistedCreator } from './creator-table.ts';
import { codeOffset, linkColumnNames, linkKinds, type LinkColumn } from './link-block-layout.ts';
import type { WritableLinkModel } from './link-model.ts';
import { splitLinkValue, type DeadLinkValue, type LiveLinkValue } from './link-value.ts';
import { isMarkable } from './url-prefixes.ts';

/** A block of link rows in columns: what is alike lies together, and numbers take the bits that they need. */
export function encodeLinkBlock(
  rows: readonly ChunkRow[],
  model: WritableLinkModel,
  compression: Compression,
): Uint8Array {
  const encoder = new LinkBlockEncoder(model, usualCodeLength(rows.map(({ key }) => key.subarray(codeOffset))));
  for (const row of rows) encoder.add(row);
  return encoder.finish(compression);
}

function noNumbers(): Record<LinkColumn, number[]> {
  return {
    kind: [],
    code: [],
    createRevision: [],
    createdAt: [],
    creator: [],
    changeRevision: [],
    changedAt: [],
    expiresAt: [],
    deadRevision: [],
    deadAt: [],
  };
}

class LinkBlockEncoder {
  readonly #model: WritableLinkModel;
  readonly #codeLength: number;
  readonly #kinds: number[] = [];
  readonly #columns = noNumbers();
  readonly #urls = new ByteWriter();
  /** Keys, values and names that are in no column, in the order of rows. */
  readonly #others = new ByteWriter();
  #firstCode: number | undefined;
  #lastCode = 0;

  constructor(model: WritableLinkModel, codeLength: number) {
    this.#model = model;
    this.#codeLength = codeLength;
  }

  add({ key, value }: ChunkRow): void {
    const keyBit = this.#addKey(key);
    const parts = splitLinkValue(value);
    if (parts?.kind === 'dead') this.#addDead(parts, keyBit);
    else if (parts?.kind === 'live' && isMarkable(parts.url)) this.#addLive(parts, keyBit);
    else {
      this.#kinds.push(linkKinds.opaqueValue | keyBit);
      this.#others.bytes(value);
    }
  }

  finish(compression: Compression): Uint8Array {
    const kinds = [...new Set(this.#kinds)].sort((a, b) => this.#uses(b) - this.#uses(a) || a - b);
    this.#columns.kind = this.#kinds.map((kind) => kinds.indexOf(kind));
    const writer = new ByteWriter().uint8(blockEncodings.links);
    writer
      .uint8(this.#codeLength)
      .varint(this.#firstCode ?? 0)
      .bytes(Uint8Array.from(kinds));
    for (const name of linkColumnNames) writer.bytes(encodeNumbers(this.#columns[name]));
    writer.varint(this.#urls.length);
    const text = this.#urls.raw(this.#others.view());
    writeFrame(writer, text.view(), compression, this.#model.dictionary);
    return writer.finish();
  }

  #uses(kind: number): number {
    return this.#kinds.filter((other) => other === kind).length;
  }

  #addKey(key: Uint8Array): number {
    const code = codeNumber(key, codeOffset, this.#codeLength);
    if (code === undefined || this.#codeLength === 0) {
      this.#others.bytes(key.subarray(codeOffset));
      return linkKinds.namedKey;
    }
    this.#columns.code.push(this.#firstCode === undefined ? 0 : code - this.#lastCode - 1);
    this.#firstCode ??= code;
    this.#lastCode = code;
    return 0;
  }

  #addLive(parts: LiveLinkValue, keyBit: number): void {
    const { timeline, creators, prefixes } = this.#model;
    const { revision, createRevision, createdAtMs, updatedAtMs, expiresAtMs, creator, url } = parts;
    const isChanged = revision !== createRevision || updatedAtMs !== createdAtMs;
    this.#kinds.push(parts.flags | keyBit | (isChanged ? linkKinds.changed : 0));
    const columns = this.#columns;
    columns.createRevision.push(createRevision);
    columns.createdAt.push(zigzag(createdAtMs - timeline.timeOf(createRevision)));
    const place = creators.placeOf(creator);
    columns.creator.push(place);
    if (place === unlistedCreator) this.#others.bytes(creator);
    if (isChanged) {
      columns.changeRevision.push(revision - createRevision);
      columns.changedAt.push(zigzag(updatedAtMs - timeline.timeOf(revision)));
    }
    if (expiresAtMs !== undefined) columns.expiresAt.push(zigzag(expiresAtMs - createdAtMs));
    const prefix = prefixes.match(url);
    this.#urls.uint8(prefix.mark).raw(url.subarray(prefix.length));
  }

  #addDead(parts: DeadLinkValue, keyBit: number): void {
    this.#kinds.push(parts.flags | keyBit);
    this.#columns.deadRevision.push(parts.revision);
    this.#columns.deadAt.push(zigzag(parts.timeMs - this.#model.timeline.timeOf(parts.revision)));
  }
}
