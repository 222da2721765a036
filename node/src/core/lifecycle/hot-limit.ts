// SPDX-License-Identifier: Apache-2.0
import { waitingGenerationsMax } from './transitions.ts';
import type { GenerationSummary } from './view.ts';

/**
 * Whether the leader should take no more from clients: as many generations as may wait do wait, and all rows of the hot
 * tier together have more than `maxBytes`. Fewer that wait are on their way, however large they are.
 */
export function isHotTierFull(generations: readonly GenerationSummary[], maxBytes: number): boolean {
  if (generations.length - 1 < waitingGenerationsMax) return false;
  return generations.reduce((sum, { bytes }) => sum + bytes, 0) > maxBytes;
}
