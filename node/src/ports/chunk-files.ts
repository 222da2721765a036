// SPDX-License-Identifier: Apache-2.0

/** A whole copy of an object on this node's disk. */
export interface ChunkFile {
  /** Of the object. */
  readonly name: string;
  readonly sizeBytes: number;
}

/** A copy that is being made. Nothing of it shows before `finish`. */
export interface ChunkFileWriter {
  append(bytes: Uint8Array): Promise<void>;
  /** Of what was appended, exactly the range: a copy is checked before it is finished. Undefined when it cannot be read whole. */
  read(offset: number, length: number): Promise<Uint8Array | undefined>;
  /** On disk (fsync) before it resolves. */
  finish(): Promise<void>;
  abort(): Promise<void>;
}

/** The disk is full: the copy cannot be kept here, and reads go elsewhere. */
export class ChunkDiskFullError extends Error {
  override readonly name = 'ChunkDiskFullError';
}

/** Copies of chunks that this node holds. What a crash left half made is gone at the next start. */
export interface ChunkFiles {
  list(): Promise<readonly ChunkFile[]>;
  /** @throws ChunkDiskFullError, also from `append` and `finish`. */
  create(name: string): Promise<ChunkFileWriter>;
  /** Exactly the range; undefined when there is no such copy, or it cannot be read whole: then it is as good as gone. */
  read(name: string, offset: number, length: number): Promise<Uint8Array | undefined>;
  /** Without a copy it does nothing. */
  remove(name: string): Promise<void>;
}
