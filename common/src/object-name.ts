// SPDX-License-Identifier: Apache-2.0
import { limits } from './limits.ts';

// What every store keeps apart and gives back as it was: stores differ in `//`, in a `/` at an end, in letters outside
// ASCII and in long segments (docs/spec/object-names.md).
const segmentPattern = /^[A-Za-z0-9_=-][A-Za-z0-9._=-]*$/;
const startPattern = /^[A-Za-z0-9._=/-]*$/;

/** Why this cannot be the name of an object, in words that follow "is"; undefined when it can. */
export function checkObjectName(name: string): string | undefined {
  return checkPath(name, limits.objectNameMaxBytes);
}

/** Why names cannot be kept below this prefix, in words that follow "is"; undefined when they can. Empty: no prefix. */
export function checkObjectPrefix(prefix: string): string | undefined {
  return prefix === '' ? undefined : checkPath(prefix, limits.objectPrefixMaxBytes);
}

/** Why no name can start like this, in words that follow "is"; undefined when one can. */
export function checkNameStart(start: string): string | undefined {
  if (start.length > limits.objectNameMaxBytes) return `longer than ${limits.objectNameMaxBytes} bytes`;
  if (!startPattern.test(start)) return 'not made of A-Z a-z 0-9 . _ = - and /';
  return start.startsWith('/') || start.includes('//') ? 'not segments with one / between them' : undefined;
}

function checkPath(path: string, maxBytes: number): string | undefined {
  if (path === '') return 'empty';
  if (path.length > maxBytes) return `longer than ${maxBytes} bytes`;
  for (const segment of path.split('/')) {
    if (segment === '') return 'not segments with one / between them';
    if (segment.length > limits.objectSegmentMaxBytes) {
      return `not in segments of at most ${limits.objectSegmentMaxBytes} bytes`;
    }
    if (!segmentPattern.test(segment)) return 'not segments of A-Z a-z 0-9 . _ = - that begin with no dot';
  }
  return undefined;
}
