// SPDX-License-Identifier: Apache-2.0
import { open } from 'node:fs/promises';
import type { ChunkSource } from '../../core/chunk/chunk-source.ts';

/** One file that somebody named, wherever it lies. */
export interface FileSource extends ChunkSource {
  readonly sizeBytes: number;
  readonly close: () => Promise<void>;
}

/** Opens a file for ranged reads. @throws what the file system says: ENOENT, EISDIR, EACCES … */
export async function openFileSource(path: string): Promise<FileSource> {
  const handle = await open(path, 'r');
  try {
    const { size } = await handle.stat();
    return {
      sizeBytes: size,
      read: async (offset, length) => {
        const bytes = new Uint8Array(length);
        let done = 0;
        while (done < length) {
          const { bytesRead } = await handle.read(bytes, done, length - done, offset + done);
          if (bytesRead === 0) break;
          done += bytesRead;
        }
        return bytes.subarray(0, done);
      },
      close: async () => handle.close(),
    };
  } catch (error) {
    await handle.close();
    throw error;
  }
}
