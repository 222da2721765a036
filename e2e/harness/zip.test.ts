// SPDX-License-Identifier: Apache-2.0
import { deflateRawSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { readZipFile } from './zip.ts';

interface Entry {
  readonly name: string;
  readonly text: string;
  readonly method: number;
}

/** As zip programs write it: local headers with content, the directory, its end with a comment. */
function zipOf(entries: readonly Entry[]): Buffer {
  const locals: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const { name, text, method } of entries) {
    const content = Buffer.from(text);
    const packed = method === 8 ? deflateRawSync(content) : content;
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x0403_4b50);
    local.writeUInt16LE(name.length, 26);
    local.writeUInt16LE(3, 28);
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x0201_4b50);
    entry.writeUInt16LE(method, 10);
    entry.writeUInt32LE(packed.length, 20);
    entry.writeUInt32LE(content.length, 24);
    entry.writeUInt16LE(name.length, 28);
    entry.writeUInt16LE(2, 30);
    entry.writeUInt32LE(at, 42);
    const written = Buffer.concat([local, Buffer.from(name), Buffer.from('abc'), packed]);
    locals.push(written);
    directory.push(entry, Buffer.from(name), Buffer.from('xy'));
    at += written.length;
  }
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x0605_4b50);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(at, 16);
  end.writeUInt16LE(7, 20);
  return Buffer.concat([...locals, ...directory, end, Buffer.from('comment')]);
}

const archive = zipOf([
  { name: 'stored', text: 'as it is', method: 0 },
  { name: 'folder/packed', text: 'much of the same, '.repeat(100), method: 8 },
  { name: 'odd', text: '', method: 99 },
]);

describe('a file of a zip archive', () => {
  test('is read, stored or packed', () => {
    expect(readZipFile(archive, 'stored').toString()).toBe('as it is');
    expect(readZipFile(archive, 'folder/packed').toString()).toBe('much of the same, '.repeat(100));
  });

  test('that is not there, or cannot be read, is an error', () => {
    expect(() => readZipFile(archive, 'packed')).toThrow('there is no packed');
    expect(() => readZipFile(archive, 'odd')).toThrow('method 99');
    expect(() => readZipFile(Buffer.from('no archive at all, but long enough'), 'x')).toThrow('no zip archive');
  });
});
