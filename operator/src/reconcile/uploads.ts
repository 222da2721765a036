// SPDX-License-Identifier: Apache-2.0
import type { ShortLinkCluster, UploadStatus } from '../crd/shortlink-cluster.gen.ts';
import type { UploadReport } from '../ports/store-api.ts';
import { timeText } from './time-text.ts';
import { nextScheduleMs } from './upload-schedule.ts';

/** On a cluster, by whoever wants everything uploaded: the time at which it was wanted, RFC 3339. */
export const uploadAnnotation = 'shortlink.dev/upload-requested-at';

/** Clocks of nodes may be ahead of the clock by which an upload was asked for. */
const clockDifferenceMs = 60_000;

export interface DueUpload {
  readonly reason: 'Annotation' | 'Schedule';
  /** RFC 3339. */
  readonly requestedAt: string;
  /** Why, in words. */
  readonly because: string;
}

/** The upload that is to be ordered now; undefined: none is due, or there is nothing that could be uploaded. */
export function dueUpload(cluster: ShortLinkCluster, nowMs: number): DueUpload | undefined {
  const { objectStore, suspend } = cluster.spec;
  return objectStore === undefined || suspend ? undefined : (annotated(cluster) ?? scheduled(cluster, nowMs));
}

function annotated({ metadata, status }: ShortLinkCluster): DueUpload | undefined {
  const wanted = metadata.annotations?.[uploadAnnotation];
  const wantedMs = Date.parse(wanted ?? '');
  const orderedMs = Date.parse(status?.upload?.requestedAt ?? '');
  if (wanted === undefined || Number.isNaN(wantedMs) || orderedMs >= wantedMs) return undefined;
  const because = `annotation ${uploadAnnotation} asks for it since ${wanted}`;
  return { reason: 'Annotation', requestedAt: timeText(wantedMs), because };
}

function scheduled(cluster: ShortLinkCluster, nowMs: number): DueUpload | undefined {
  const nextMs = nextScheduleMs(cluster, nowMs, false);
  if (nextMs === undefined || nextMs > nowMs) return undefined;
  const because = `spec.chunks.uploadSchedule asked for it at ${timeText(nextMs)}`;
  return { reason: 'Schedule', requestedAt: timeText(nowMs), because };
}

/** What the status says of uploads: the last one, how far it is, and when the next one is due. */
export function uploadStatus(
  cluster: ShortLinkCluster,
  seen: {
    /** Undefined: none was ordered just now. */
    readonly ordered: DueUpload | undefined;
    /** Undefined while no node can be asked. */
    readonly shards: readonly UploadReport[] | undefined;
    readonly nowMs: number;
  },
): UploadStatus | undefined {
  const last = lastUpload(cluster, seen);
  const nextMs = nextScheduleMs(cluster, seen.nowMs, seen.ordered !== undefined);
  if (nextMs === undefined) return last;
  return { ...last, nextScheduleTime: timeText(nextMs) };
}

type Seen = Parameters<typeof uploadStatus>[1];

function lastUpload(cluster: ShortLinkCluster, { ordered, shards, nowMs }: Seen): UploadStatus | undefined {
  if (ordered !== undefined) return { reason: ordered.reason, requestedAt: ordered.requestedAt };
  const { nextScheduleTime: _, ...last } = cluster.status?.upload ?? {};
  if (last.requestedAt === undefined) return undefined;
  return last.completedAt !== undefined || shards === undefined ? last : progress(last, shards, nowMs);
}

/** How far the last upload is, by what the shards have on the nodes only. */
function progress(upload: UploadStatus, shards: readonly UploadReport[], nowMs: number): UploadStatus {
  const pendingShards = shards.filter((shard) => isPending(shard, upload.requestedAt)).length;
  return { ...upload, pendingShards, ...(pendingShards === 0 ? { completedAt: timeText(nowMs) } : {}) };
}

/**
 * Whether something waits that was written before the upload was asked for. The order has sealed all of that, so what is active
 * does not count; what was begun later does not either: where writes do not end, something of it waits at any time.
 */
export function isPending({ waiting, oldestStartMs = 0 }: UploadReport, requestedAt: string | undefined): boolean {
  const requestedMs = Date.parse(requestedAt ?? '');
  return waiting > 0 && (Number.isNaN(requestedMs) || oldestStartMs <= requestedMs + clockDifferenceMs);
}
