// SPDX-License-Identifier: Apache-2.0
import { gzipSync } from 'node:zlib';
import { assert } from '@shortlink/common/assert.ts';

const blockBytes = 512;
const nameMaxBytes = 100;
const fileMode = '0000600';

/** Files of text as a compressed archive (POSIX ustar). Names are short ASCII paths. `nowMs`: their time of change. */
export function tarGz(files: ReadonlyMap<string, string>, nowMs: number): Uint8Array {
  const parts = [...files].flatMap(([name, text]) => {
    const content = Buffer.from(text, 'utf8');
    return [header(name, content.length, nowMs), content, Buffer.alloc(padding(content.length))];
  });
  return gzipSync(Buffer.concat([...parts, Buffer.alloc(2 * blockBytes)]));
}

function header(name: string, bytes: number, nowMs: number): Buffer {
  assert(Buffer.byteLength(name) <= nameMaxBytes, `the name ${name} is too long for an archive`);
  const block = Buffer.alloc(blockBytes);
  block.write(name, 0);
  block.write(fileMode, 100);
  block.write(octal(0, 7), 108);
  block.write(octal(0, 7), 116);
  block.write(octal(bytes, 11), 124);
  block.write(octal(Math.floor(nowMs / 1000), 11), 136);
  block.write('        ', 148);
  block.write('0', 156);
  block.write('ustar\u000000', 257);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${octal(sum, 6)}\u0000 `, 148);
  return block;
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, '0');
}

function padding(bytes: number): number {
  return (blockBytes - (bytes % blockBytes)) % blockBytes;
}
