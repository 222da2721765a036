// SPDX-License-Identifier: Apache-2.0
import type { KvEngine } from '../../ports/kv-engine.ts';
import type { Replica } from './replica.ts';

/** A follower that is heard of keeps the log for itself up to this many times `compactEntries`; beyond it gets a snapshot. */
const patience = 4;

/**
 * Cuts the log behind what is applied, keeping `keepEntries` for followers that were away shortly, and everything behind
 * a snapshot that is on its way: or the follower would need the next snapshot as soon as it has this one.
 */
export function compactLog(replica: Replica, store: KvEngine, keepEntries: number): void {
  const applied = replica.machine.appliedIndex;
  const first = replica.log.firstIndex();
  if (applied - first < 2 * keepEntries) return;
  const index = Math.min(
    applied - keepEntries,
    neededBySnapshots(replica),
    neededByFollowers(replica, applied - patience * keepEntries),
  );
  if (index < first + keepEntries) return;
  const batch = store.batch();
  replica.log.truncate(index, batch);
  // Need not be synchronous: should it be lost, the longer log is as good. The range delete comes after it in the WAL.
  store.write(batch, { sync: false });
  replica.log.sweep();
}

function neededBySnapshots(replica: Replica): number {
  return Math.min(Number.POSITIVE_INFINITY, ...replica.snapshotsInFlight.values());
}

function neededByFollowers(replica: Replica, floor: number): number {
  if (!replica.isLeader) return Number.POSITIVE_INFINITY;
  const matches = replica
    .fullStatus()
    .progress.filter((p) => p.recentActive)
    .map((p) => p.match);
  return Math.max(floor, Math.min(Number.POSITIVE_INFINITY, ...matches));
}
