// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '../../ports/clock.ts';
import type { Random } from '../../ports/random.ts';
import type { ArchiveStore } from '../archive/documents.ts';

/** What a rebuild touches. */
export interface RebuildContext {
  /** Where the old cluster's objects are. */
  readonly from: ArchiveStore;
  /** Where the new cluster's go; may be the same. */
  readonly to: ArchiveStore;
  readonly clock: Clock;
  readonly random: Random;
  /** Lets others run. */
  readonly breathe: () => Promise<void>;
  /** How far it is; `what` in words that stand before a number. */
  readonly onProgress: (what: string, done: number, total: number) => void;
}

/** The cluster cannot be rebuilt as it was asked for; the message says why and what to do. */
export class RebuildError extends Error {
  override readonly name = 'RebuildError';
}
