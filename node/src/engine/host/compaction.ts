// SPDX-License-Identifier: Apache-2.0
import type { KvEngine } from '../../ports/kv-engine.ts';
import type { Replica } from './replica.ts';

/** How much of the log stays behind what is applied, for followers that were away shortly: up to the first limit reached. */
export interface LogLimits {
  readonly entries: number;
  readonly bytes: number;
}

/** A follower that is heard of keeps the log for itself up to this many times the limits; beyond it gets a snapshot. */
const patience = 4;

/**
 * Cuts the log behind what is applied, keeping some for followers that were away shortly, and everything behind a snapshot
 * that is on its way: or the follower would need the next snapshot as soon as it has this one.
 */
export function compactLog(replica: Replica, store: KvEngine, keep: LogLimits): void {
  const { log } = replica;
  const applied = replica.machine.appliedIndex;
  const first = log.firstIndex();
  if (applied - first < 2 * keep.entries && log.sizeBytes < 2 * keep.bytes) return;
  const keptBy = (times: number): number =>
    Math.min(applied, Math.max(applied - times * keep.entries, log.indexBehind(times * keep.bytes)));
  const index = Math.min(keptBy(1), neededBySnapshots(replica), neededByFollowers(replica, keptBy(patience)));
  // Not in small pieces: each leaves a range delete behind.
  if (index < first + keep.entries && log.bytesUpTo(index) < keep.bytes / 2) return;
  const batch = store.batch();
  log.truncate(index, batch);
  // Need not be synchronous: should it be lost, the longer log is as good. The range delete comes after it in the WAL.
  store.write(batch, { sync: false });
  log.sweep();
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
