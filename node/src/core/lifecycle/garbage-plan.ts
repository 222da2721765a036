// SPDX-License-Identifier: Apache-2.0
import type { LifecycleRecords, LifecycleView } from './view.ts';
import type { GarbageRecord } from './types.ts';
import { referencedNames } from './object-standing.ts';

export interface GarbageRule {
  /** Readers of older chunk sets, and backups, have this long. */
  readonly minAgeMs: number;
  /** How long this process has known of the unlinking, on its monotonic clock: shard time stands still in an idle shard. */
  readonly knownForMs: (name: string) => number;
  /** Whether a manifest of that chunk-set version, or of a newer one, is in the store. */
  readonly isPublished: (chunkSetVersion: number) => boolean;
}

/** What an object that was unlinked still waits for; undefined: it may be deleted. */
export type GarbageWait = 'age' | 'manifest' | undefined;

export function garbageWait(
  record: GarbageRecord,
  { timeMs }: Pick<LifecycleView, 'timeMs'>,
  rule: GarbageRule,
): GarbageWait {
  // Both are no more than the time that has really passed.
  const ageMs = Math.max(timeMs - record.unlinkedAtMs, rule.knownForMs(record.name));
  if (ageMs < rule.minAgeMs) return 'age';
  return rule.isPublished(record.unlinkedVersion) ? undefined : 'manifest';
}

/** Of these names those that are garbage by records that were read linearizably, and by nothing else on record. */
export function confirmedGarbage(names: readonly string[], records: LifecycleRecords): string[] {
  const referenced = referencedNames(records);
  const garbage = new Set(records.garbage.map(({ name }) => name));
  return names.filter((name) => garbage.has(name) && !referenced.has(name));
}
