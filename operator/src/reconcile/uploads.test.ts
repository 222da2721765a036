// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { assert, defined } from '@shortlink/common/assert.ts';
import { readCluster } from '../crd/read-cluster.ts';
import type { ShortLinkCluster, UploadStatus } from '../crd/shortlink-cluster.gen.ts';
import type { UploadReport } from '../ports/store-api.ts';
import { uploadSchedule } from './upload-schedule.ts';
import { dueUpload, uploadAnnotation, uploadStatus } from './uploads.ts';

const objectStore = { objectStore: { url: 's3://bucket/prefix' } };
const daily = { ...objectStore, chunks: { uploadSchedule: '30 2 * * *', uploadTimeZone: 'Europe/Berlin' } };
const nowMs = Date.UTC(2026, 0, 3, 12);

interface Case {
  readonly wanted?: string;
  readonly upload?: UploadStatus;
  readonly spec?: object;
}

function cluster({ wanted, upload, spec = objectStore }: Case): ShortLinkCluster {
  const metadata = { name: 'links', annotations: wanted === undefined ? {} : { [uploadAnnotation]: wanted } };
  const written = { replicas: 3, storage: { size: '1Gi' }, ...spec };
  const read = readCluster({ apiVersion: 'shortlink.dev/v1alpha1', kind: 'ShortLinkCluster', metadata, spec: written });
  assert('cluster' in read, JSON.stringify(read));
  return upload === undefined ? read.cluster : { ...read.cluster, status: { upload } };
}

function report(shard: number, waiting: number, oldestStartMs?: number): UploadReport {
  return { shard, waiting, oldestStartMs, chunkCount: 0, chunkBytes: 0 };
}

const quiet = { ordered: undefined, shards: undefined, nowMs };

describe('an upload that an annotation asks for', () => {
  const wanted = '2026-01-02T00:00:00Z';

  it('is due when it was asked for after the last one', () => {
    expect(dueUpload(cluster({ wanted }), nowMs)).toMatchObject({ reason: 'Annotation', requestedAt: wanted });
    expect(dueUpload(cluster({ wanted, upload: { requestedAt: '2026-01-01T00:00:00Z' } }), nowMs)).toBeDefined();
    expect(dueUpload(cluster({ wanted, upload: { requestedAt: wanted } }), nowMs)).toBeUndefined();
  });

  it('is not due without a time that can be read, an object store, or pods', () => {
    expect(dueUpload(cluster({}), nowMs)).toBeUndefined();
    expect(dueUpload(cluster({ wanted: 'now' }), nowMs)).toBeUndefined();
    expect(dueUpload(cluster({ wanted, spec: {} }), nowMs)).toBeUndefined();
    expect(dueUpload(cluster({ wanted, spec: { ...objectStore, suspend: true } }), nowMs)).toBeUndefined();
  });

  it('is over when no shard has anything on its way', () => {
    const ordered = defined(dueUpload(cluster({ wanted: '2026-01-02T00:00:00+01:00' }), nowMs), 'due');
    const taken = uploadStatus(cluster({}), { ordered, shards: [report(1, 2)], nowMs });
    expect(taken).toEqual({ reason: 'Annotation', requestedAt: '2026-01-01T23:00:00Z' });
    const of = (upload: UploadStatus | undefined, shards: readonly UploadReport[] | undefined) =>
      uploadStatus(cluster(upload === undefined ? {} : { upload }), { ordered: undefined, shards, nowMs });
    const half = of(taken, [report(1, 2), report(2, 0)]);
    expect(half).toEqual({ ...taken, pendingShards: 1 });
    expect(of(half, undefined)).toEqual(half);
    const done = of(half, [report(1, 0)]);
    expect(done).toEqual({ ...taken, pendingShards: 0, completedAt: '2026-01-03T12:00:00Z' });
    expect(of(done, [report(1, 5)])).toEqual(done);
    expect(of(undefined, [report(1, 5)])).toBeUndefined();
  });
});

describe('an upload under writes that do not end', () => {
  const upload: UploadStatus = { reason: 'Annotation', requestedAt: '2026-01-03T11:00:00Z' };
  const atMs = Date.parse('2026-01-03T11:00:00Z');
  const of = (shards: readonly UploadReport[]) =>
    uploadStatus(cluster({ upload }), { ordered: undefined, shards, nowMs });

  it('is over when all that waits began after it was asked for', () => {
    expect(of([report(1, 3, atMs - 1), report(2, 1, atMs + 120_000)])).toEqual({ ...upload, pendingShards: 1 });
    expect(of([report(1, 2, atMs + 120_000)])).toMatchObject({ pendingShards: 0, completedAt: '2026-01-03T12:00:00Z' });
  });

  it('is not over by what clocks that differ, or nodes that do not say, could have hidden', () => {
    expect(of([report(1, 1, atMs + 59_000)])).toEqual({ ...upload, pendingShards: 1 });
    expect(of([report(1, 1)])).toEqual({ ...upload, pendingShards: 1 });
  });
});

describe('an upload that the schedule asks for', () => {
  const first = '2026-01-04T01:30:00Z';

  it('is announced in the time zone of the schedule, and due from then on', () => {
    const announced = uploadStatus(cluster({ spec: daily }), quiet);
    expect(announced).toEqual({ nextScheduleTime: first });
    const upload = { nextScheduleTime: first };
    expect(dueUpload(cluster({ spec: daily, upload }), Date.parse(first) - 1)).toBeUndefined();
    expect(dueUpload(cluster({ spec: daily, upload }), Date.parse(first))).toMatchObject({ reason: 'Schedule' });
  });

  it('is made up for once after days without an operator', () => {
    const late = Date.parse('2026-01-09T12:00:00Z');
    const missed = cluster({ spec: daily, upload: { nextScheduleTime: first } });
    const ordered = defined(dueUpload(missed, late), 'due');
    // The order may fail: then it stays due.
    expect(uploadStatus(missed, { ordered: undefined, shards: [], nowMs: late })).toEqual({ nextScheduleTime: first });
    const upload = defined(uploadStatus(missed, { ordered, shards: [], nowMs: late }), 'status');
    expect(upload).toEqual({
      reason: 'Schedule',
      requestedAt: '2026-01-09T12:00:00Z',
      nextScheduleTime: '2026-01-10T01:30:00Z',
    });
    expect(dueUpload(cluster({ spec: daily, upload }), late)).toBeUndefined();
  });

  it('follows a schedule that was changed, and ends with one that was removed', () => {
    const upload = { nextScheduleTime: first };
    const hourly = { ...objectStore, chunks: { uploadSchedule: '@hourly' } };
    expect(
      uploadStatus(cluster({ spec: hourly, upload: { nextScheduleTime: '2026-01-04T01:30:00Z' } }), quiet),
    ).toEqual({
      nextScheduleTime: '2026-01-03T13:00:00Z',
    });
    expect(uploadStatus(cluster({ upload }), quiet)).toBeUndefined();
  });

  it('comes once in the hour that clocks are put back, and never on the 30th of February', () => {
    const schedule = uploadSchedule(cluster({ spec: daily }));
    assert(schedule !== undefined && 'after' in schedule, 'a schedule');
    const once = schedule.after(Date.parse('2026-10-24T22:00:00Z'));
    expect(once).toBe(Date.parse('2026-10-25T00:30:00Z'));
    expect(schedule.after(once ?? 0)).toBe(Date.parse('2026-10-26T01:30:00Z'));
    const never = { ...objectStore, chunks: { uploadSchedule: '0 0 30 2 *' } };
    expect(uploadStatus(cluster({ spec: never }), quiet)).toBeUndefined();
  });

  it.each([
    ['99 * * * *', 'Etc/UTC', 'Invalid value for minute'],
    ['0 * * * *', 'Mars/Phobos', 'Mars/Phobos'],
  ])('is not due by what nobody can follow: %s in %s', (pattern, uploadTimeZone, why) => {
    const wrong = cluster({ spec: { ...objectStore, chunks: { uploadSchedule: pattern, uploadTimeZone } } });
    expect(uploadSchedule(wrong)).toMatchObject({ problem: expect.stringContaining(why) });
    expect(dueUpload(wrong, nowMs)).toBeUndefined();
    expect(uploadStatus(wrong, quiet)).toBeUndefined();
  });
});
