// SPDX-License-Identifier: Apache-2.0
import { defined } from '@shortlink/common/assert.ts';
import { ByteReader, DecodeError } from '@shortlink/common/byte-reader.ts';
import { concatBytes } from '@shortlink/common/bytes.ts';
import { unlistedCreator } from './creator-table.ts';
import { isLiveKind, linkKinds } from './link-block-layout.ts';
import type { LinkColumns } from './link-columns.ts';
import { urlMarkLimit, type UrlPrefixes } from './url-prefixes.ts';

/** What stands in the text of a link block for one row, beside its URL. */
interface OtherTexts {
  readonly key: Uint8Array | undefined;
  readonly value: Uint8Array | undefined;
  readonly creator: Uint8Array | undefined;
}

/** The decompressed text of a link block: the URLs, then what is in no column. */
export class LinkTexts {
  readonly #text: Uint8Array;
  /** Where the mark of each URL stands, and where the last URL ends. */
  readonly #marks: Uint32Array;
  readonly #prefixes: UrlPrefixes;
  readonly #others = new Map<number, OtherTexts>();

  /** @throws DecodeError */
  constructor(text: Uint8Array, urlBytes: number, columns: LinkColumns, prefixes: UrlPrefixes) {
    if (urlBytes > text.length) throw new DecodeError('the URLs of a block are longer than its text');
    this.#text = text;
    this.#prefixes = prefixes;
    this.#marks = findMarks(text, urlBytes, columns.countOf('createRevision'));
    const reader = new ByteReader(text, urlBytes);
    // Most blocks have no other texts, and then no column need be decoded for them.
    if (reader.remaining > 0 || columns.hasKind(linkKinds.namedKey | linkKinds.opaqueValue))
      this.#readOthers(reader, columns);
    reader.end();
  }

  /** `place`: among the live rows. @throws DecodeError */
  urlOf(place: number): Uint8Array {
    const at = defined(this.#marks[place], 'mark of a URL');
    const mark = this.#text[at] ?? 0;
    const prefix = this.#prefixes.prefixOf(mark);
    if (prefix === undefined) throw new DecodeError(`there is no URL prefix ${mark}`);
    const rest = this.#text.subarray(at + 1, this.#marks[place + 1]);
    return prefix.length === 0 ? rest : concatBytes(prefix, rest);
  }

  /** A text that the kind or the column of the row says is there. */
  otherOf(row: number, what: keyof OtherTexts): Uint8Array {
    const text = this.#others.get(row)?.[what];
    if (text === undefined) throw new DecodeError(`row ${row} of a block has no ${what} in the text`);
    return text;
  }

  #readOthers(reader: ByteReader, columns: LinkColumns): void {
    for (const [row, kind] of columns.kinds.entries()) {
      const isUnlisted = isLiveKind(kind) && columns.valueOf('creator', row) === unlistedCreator;
      const key = (kind & linkKinds.namedKey) === 0 ? undefined : reader.bytes();
      const value = (kind & linkKinds.opaqueValue) === 0 ? undefined : reader.bytes();
      const creator = isUnlisted ? reader.bytes() : undefined;
      if (key !== undefined || value !== undefined || creator !== undefined)
        this.#others.set(row, { key, value, creator });
    }
  }
}

/** Where the bytes stand that begin URLs. @throws DecodeError unless there are `count` of them, the first one at 0. */
function findMarks(text: Uint8Array, urlBytes: number, count: number): Uint32Array {
  const view = new DataView(text.buffer, text.byteOffset, urlBytes);
  const marks = new Uint32Array(count + 1);
  let found = 0;
  const look = (at: number): void => {
    if (view.getUint8(at) >= urlMarkLimit) return;
    if (found < count) marks[found] = at;
    found++;
  };
  const words = urlBytes & ~3;
  for (let at = 0; at < words; at += 4) {
    if (!mayHoldMark(view.getInt32(at))) continue;
    for (let i = 0; i < 4; i++) look(at + i);
  }
  for (let at = words; at < urlBytes; at++) look(at);
  if (found !== count || (marks[0] ?? 0) !== 0) throw new DecodeError(`${found} marks for ${count} URLs of a block`);
  marks[count] = urlBytes;
  return marks;
}

/** Whether one of four bytes may be below 0x20: a subtraction borrows from the highest bit of a byte that is. */
function mayHoldMark(word: number): boolean {
  return ((word - 0x2020_2020) & ~word & 0x8080_8080) !== 0;
}
