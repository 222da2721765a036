// SPDX-License-Identifier: Apache-2.0
import { ObjectStoreError } from '../../ports/object-store.ts';

/** The code of a failed system call: `ENOENT`; undefined for other errors. */
export function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** Nothing is there; also below what is a file. */
export function isAbsent(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '');
}

const advice: Readonly<Record<string, string>> = {
  ENOSPC: 'make room on its disk',
  EDQUOT: 'raise its quota',
  EACCES: 'let the user of this process read and write it',
  EPERM: 'it must be on a file system with hard links, and the user of this process must own it',
  EROFS: 'mount it for writing',
  EXDEV: 'it must be on one file system: nothing below it may be a mount point',
  EMLINK: 'it must be on a file system with hard links',
  ENOTSUP: 'it must be on a file system with hard links',
  EOPNOTSUPP: 'it must be on a file system with hard links',
  EMFILE: 'raise the limit of open files of this process',
  ENFILE: 'raise the limit of open files of this machine',
};
const denied = ['EACCES', 'EROFS'];
const unsuitable = ['EPERM', 'EXDEV', 'EMLINK', 'ENOTSUP', 'EOPNOTSUPP'];

/** What a failure of the file system means for the caller; errors of the port stay as they are. */
export function fromFileError(folder: string, error: unknown): Error {
  if (error instanceof ObjectStoreError) return error;
  const code = systemCode(error);
  if (code === undefined) return error instanceof Error ? error : new Error(String(error));
  const kind = denied.includes(code) ? 'denied' : unsuitable.includes(code) ? 'invalid' : 'unavailable';
  const reason = error instanceof Error ? error.message : code;
  const message = `the object store in ${folder}: ${reason}; ${advice[code] ?? 'look at its disk'}`;
  return new ObjectStoreError(kind, message, { cause: error });
}
