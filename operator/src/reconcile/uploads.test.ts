// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { assert } from '@shortlink/common/assert.ts';
import { readCluster } from '../crd/read-cluster.ts';
import type { ShortLinkCluster } from '../crd/shortlink-cluster.gen.ts';
import { orderedUpload, uploadAnnotation, uploadProgress, uploadReason } from './uploads.ts';

const objectStore = { objectStore: { url: 's3://bucket/prefix' } };

function cluster(wanted: string | undefined, requestedAt?: string, spec: object = objectStore): ShortLinkCluster {
  const metadata = { name: 'links', annotations: wanted === undefined ? {} : { [uploadAnnotation]: wanted } };
  const written = { replicas: 3, storage: { size: '1Gi' }, ...spec };
  const read = readCluster({ apiVersion: 'shortlink.dev/v1alpha1', kind: 'ShortLinkCluster', metadata, spec: written });
  assert('cluster' in read, JSON.stringify(read));
  return requestedAt === undefined ? read.cluster : { ...read.cluster, status: { upload: { requestedAt } } };
}

describe('an upload', () => {
  it('is due when it was asked for after the last one', () => {
    expect(uploadReason(cluster('2026-01-02T00:00:00Z'))).toContain('2026-01-02T00:00:00Z');
    expect(uploadReason(cluster('2026-01-02T00:00:00Z', '2026-01-01T00:00:00Z'))).toBeDefined();
    expect(uploadReason(cluster('2026-01-02T00:00:00Z', '2026-01-02T00:00:00Z'))).toBeUndefined();
  });

  it('is not due without a time that can be read, an object store, or pods', () => {
    expect(uploadReason(cluster(undefined))).toBeUndefined();
    expect(uploadReason(cluster('now'))).toBeUndefined();
    expect(uploadReason(cluster('2026-01-02T00:00:00Z', undefined, {}))).toBeUndefined();
    expect(uploadReason(cluster('2026-01-02T00:00:00Z', undefined, { ...objectStore, suspend: true }))).toBeUndefined();
  });

  it('is over when no shard has anything on its way', () => {
    const ordered = orderedUpload(cluster('2026-01-02T00:00:00+01:00'));
    expect(ordered).toEqual({ reason: 'Annotation', requestedAt: '2026-01-01T23:00:00Z' });
    const shard = { chunkCount: 0, chunkBytes: 0 };
    const now = Date.UTC(2026, 0, 3);
    const half = uploadProgress(
      ordered,
      [
        { shard: 1, waiting: 2, ...shard },
        { shard: 2, waiting: 0, ...shard },
      ],
      now,
    );
    expect(half).toEqual({ ...ordered, pendingShards: 1 });
    const done = uploadProgress(half, [{ shard: 1, waiting: 0, ...shard }], now);
    expect(done).toEqual({ ...ordered, pendingShards: 0, completedAt: '2026-01-03T00:00:00Z' });
    expect(uploadProgress(done, [{ shard: 1, waiting: 5, ...shard }], now + 1)).toBe(done);
  });
});
