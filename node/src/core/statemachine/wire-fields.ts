// SPDX-License-Identifier: Apache-2.0
import { DecodeError } from '@shortlink/common/byte-reader.ts';
import type { ByteReader } from '@shortlink/common/byte-reader.ts';
import type { ByteWriter } from '@shortlink/common/byte-writer.ts';

// Fields that several formats of the state machine share: absent is 0, present is 1 and the value.

export function writeFlag(writer: ByteWriter, flag: boolean): void {
  writer.uint8(flag ? 1 : 0);
}

/** @throws DecodeError when the byte is neither 0 nor 1. */
export function readFlag(reader: ByteReader): boolean {
  const flag = reader.uint8();
  if (flag > 1) throw new DecodeError(`flag is ${flag}`);
  return flag === 1;
}

export function writeOptional<T>(writer: ByteWriter, value: T | undefined, write: (value: T) => void): void {
  writeFlag(writer, value !== undefined);
  if (value !== undefined) write(value);
}

export function readOptional<T>(reader: ByteReader, read: () => T): T | undefined {
  return readFlag(reader) ? read() : undefined;
}

/** The one of `names` whose place was written. @throws DecodeError when there is none. */
export function readName<T>(reader: ByteReader, names: readonly T[]): T {
  const place = reader.uint8();
  const name = names[place];
  if (name === undefined) throw new DecodeError(`no name at place ${place}`);
  return name;
}

/** Checks the version byte at the start of a format. @throws DecodeError */
export function expectVersion(reader: ByteReader, version: number, what: string): void {
  const actual = reader.uint8();
  if (actual !== version) throw new DecodeError(`${what} of unknown version ${actual}`);
}
