// SPDX-License-Identifier: Apache-2.0
import { Cron } from 'croner';
import type { ShortLinkCluster } from '../crd/shortlink-cluster.gen.ts';

/** When the schedule asks for uploads; a time that it asks for once where clocks are put back counts once. */
export interface UploadSchedule {
  /** Whether it asks for one at exactly this time. */
  readonly has: (atMs: number) => boolean;
  /** The first time after this one; undefined: never again, as with the 30th of February. */
  readonly after: (ms: number) => number | undefined;
}

/** @returns undefined without a schedule, and in words what is wrong with one that the API server could not judge. */
export function uploadSchedule(cluster: ShortLinkCluster): UploadSchedule | { readonly problem: string } | undefined {
  const { uploadSchedule: pattern, uploadTimeZone: timezone } = cluster.spec.chunks;
  if (pattern === undefined) return undefined;
  try {
    const cron = new Cron(pattern, { timezone, paused: true });
    // A time zone is looked at only when a time is asked for.
    cron.nextRun(new Date(0));
    return { has: (atMs) => cron.match(new Date(atMs)), after: (ms) => cron.nextRun(new Date(ms))?.getTime() };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return {
      problem: `spec.chunks.uploadSchedule "${pattern}" in the time zone ${timezone} cannot be followed: ${why}`,
    };
  }
}

/**
 * When the schedule asks for the next upload: what is written in the status, as long as the schedule still asks for that time, so
 * that one which came while no operator ran is made up for, once. One that `isOrdered` does for all times that have passed.
 */
export function nextScheduleMs(cluster: ShortLinkCluster, nowMs: number, isOrdered: boolean): number | undefined {
  const schedule = uploadSchedule(cluster);
  if (schedule === undefined || 'problem' in schedule) return undefined;
  const writtenMs = Date.parse(cluster.status?.upload?.nextScheduleTime ?? '');
  const isOver = isOrdered && writtenMs <= nowMs;
  return Number.isNaN(writtenMs) || isOver || !schedule.has(writtenMs) ? schedule.after(nowMs) : writtenMs;
}
