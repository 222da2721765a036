// SPDX-License-Identifier: Apache-2.0
import type { ShortLinkCluster, UploadStatus } from '../crd/shortlink-cluster.gen.ts';
import type { UploadReport } from '../ports/store-api.ts';
import { timeText } from './time-text.ts';

/** On a cluster, by whoever wants everything uploaded: the time at which it was wanted, RFC 3339. */
export const uploadAnnotation = 'shortlink.dev/upload-requested-at';

/** Why an upload is to be ordered now; undefined: it is not, or it was. */
export function uploadReason({ metadata, spec, status }: ShortLinkCluster): string | undefined {
  const wanted = metadata.annotations?.[uploadAnnotation];
  if (wanted === undefined || spec.objectStore === undefined || spec.suspend) return undefined;
  const wantedMs = Date.parse(wanted);
  const orderedMs = Date.parse(status?.upload?.requestedAt ?? '');
  if (Number.isNaN(wantedMs) || orderedMs >= wantedMs) return undefined;
  return `annotation ${uploadAnnotation} asks for it since ${wanted}`;
}

/** The status right after the order was taken. */
export function orderedUpload({ metadata }: ShortLinkCluster): UploadStatus {
  const wanted = metadata.annotations?.[uploadAnnotation];
  return { reason: 'Annotation', ...(wanted === undefined ? {} : { requestedAt: timeText(Date.parse(wanted)) }) };
}

/** How far the last upload is, by what the shards have on the nodes only. */
export function uploadProgress(upload: UploadStatus, shards: readonly UploadReport[], nowMs: number): UploadStatus {
  if (upload.completedAt !== undefined) return upload;
  const pendingShards = shards.filter(({ waiting }) => waiting > 0).length;
  const { completedAt: _, ...rest } = upload;
  return { ...rest, pendingShards, ...(pendingShards === 0 ? { completedAt: timeText(nowMs) } : {}) };
}
