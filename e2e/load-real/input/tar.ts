// SPDX-License-Identifier: Apache-2.0

const blockBytes = 512;

/**
 * The bytes of one file of a tar stream (POSIX ustar), without holding the rest of it.
 * @throws Error when the archive ends before the file does, or lacks it.
 */
export async function* readTarFile(archive: AsyncIterable<Buffer>, path: string): AsyncGenerator<Buffer> {
  let header: Buffer = Buffer.alloc(0);
  /** Bytes of the current file, and of the padding after it. */
  let fileLeft = 0;
  let paddingLeft = 0;
  let isWanted = false;
  for await (const chunk of archive) {
    let bytes = chunk;
    while (bytes.length > 0) {
      if (fileLeft > 0) {
        const part = bytes.subarray(0, fileLeft);
        if (isWanted) yield part;
        fileLeft -= part.length;
        bytes = bytes.subarray(part.length);
        if (isWanted && fileLeft === 0) return;
        continue;
      }
      if (paddingLeft > 0) {
        const skipped = Math.min(paddingLeft, bytes.length);
        paddingLeft -= skipped;
        bytes = bytes.subarray(skipped);
        continue;
      }
      const missing = blockBytes - header.length;
      header = Buffer.concat([header, bytes.subarray(0, missing)]);
      bytes = bytes.subarray(missing);
      if (header.length < blockBytes) continue;
      fileLeft = sizeIn(header);
      paddingLeft = (blockBytes - (fileLeft % blockBytes)) % blockBytes;
      isWanted = nameIn(header) === path;
      header = Buffer.alloc(0);
    }
  }
  throw new Error(`the archive has no whole ${path}`);
}

function nameIn(header: Buffer): string {
  const text = (from: number, to: number): string => header.toString('utf8', from, to).replace(/\0[\s\S]*$/, '');
  const prefix = text(345, 500);
  return prefix === '' ? text(0, 100) : `${prefix}/${text(0, 100)}`;
}

/** The size is an octal number; blocks of zeros at the end of the archive have none. */
function sizeIn(header: Buffer): number {
  const digits = /^[0-7]*/.exec(header.toString('latin1', 124, 136).trim())?.[0] ?? '';
  return digits === '' ? 0 : Number.parseInt(digits, 8);
}
