// SPDX-License-Identifier: Apache-2.0
import { inflateRawSync } from 'node:zlib';

const endSignature = 0x0605_4b50;
const entrySignature = 0x0201_4b50;
const endBytes = 22;
const entryBytes = 46;
const localBytes = 30;
const stored = 0;
const deflated = 8;

/**
 * The bytes of one file of a zip archive (APPNOTE 6.3, without its 64-bit parts and encryption).
 * @throws Error when the archive lacks the file, or is none.
 */
export function readZipFile(archive: Buffer, path: string): Buffer {
  const endAt = archive.lastIndexOf(littleEndian(endSignature));
  if (endAt < 0 || endAt + endBytes > archive.length) throw new Error('this is no zip archive');
  const count = archive.readUInt16LE(endAt + 10);
  let at = archive.readUInt32LE(endAt + 16);
  for (let i = 0; i < count; i++) {
    if (archive.readUInt32LE(at) !== entrySignature) throw new Error('the directory of the zip archive is damaged');
    const nameBytes = archive.readUInt16LE(at + 28);
    const nameAt = at + entryBytes;
    const name = archive.toString('utf8', nameAt, nameAt + nameBytes);
    if (name === path) return contentOf(archive, at);
    at = nameAt + nameBytes + archive.readUInt16LE(at + 30) + archive.readUInt16LE(at + 32);
  }
  throw new Error(`there is no ${path} in the zip archive`);
}

/** `at`: of the file's entry in the directory. */
function contentOf(archive: Buffer, at: number): Buffer {
  const method = archive.readUInt16LE(at + 10);
  const packedBytes = archive.readUInt32LE(at + 20);
  const maxOutputLength = archive.readUInt32LE(at + 24);
  const localAt = archive.readUInt32LE(at + 42);
  const from = localAt + localBytes + archive.readUInt16LE(localAt + 26) + archive.readUInt16LE(localAt + 28);
  const packed = archive.subarray(from, from + packedBytes);
  if (method === stored) return packed;
  if (method === deflated) return inflateRawSync(packed, { maxOutputLength });
  throw new Error(`the zip archive uses method ${method}, which nobody here knows`);
}

function littleEndian(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
