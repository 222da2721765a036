// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import type { Random } from '../ports/random.ts';

export const systemRandom: Random = {
  fraction: () => Math.random(),
  bytes: (length) => Uint8Array.from(randomBytes(length)),
};
