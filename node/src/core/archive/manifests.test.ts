// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { fromUtf8, utf8 } from '@shortlink/common/bytes.ts';
import { chunkObject } from '../statemachine/testing/lifecycle.ts';
import { decodeDocument, encodeDocument } from './manifests.ts';
import type { ShardManifest } from './manifests.ts';
import { sealJson } from './sealed-json.ts';

const sha256Of = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest();
const clusterId = '11111111-2222-4333-a444-555555555555';
const name = `${clusterId}/manifests/00000001/0000000000000003.json`;

const manifest: ShardManifest = {
  kind: 'shard',
  version: 1,
  clusterId,
  shard: 1,
  index: 70,
  term: 2,
  revision: 31,
  timeMs: 1_700_000_000_000,
  chunkSetVersion: 3,
  generations: [{ id: 4, state: 'active', rows: 2, bytes: 60, startedAtMs: 5 }],
  range: { start: utf8(''), end: utf8('k') },
  policy: { shardReplicas: 3, reuseDeadCodes: false },
  chunks: [{ object: chunkObject('a/b'), firstGeneration: 1, lastGeneration: 3, level: 1, addedVersion: 3 }],
  merging: [chunkObject('a/m')],
  exported: [{ generation: 4, object: chunkObject('a/c') }],
  garbage: [{ name: 'a/d', sizeBytes: 9, unlinkedVersion: 2, unlinkedAtMs: 7 }],
};

it('reads what was written, keys of any bytes included', () => {
  const bytes = encodeDocument(manifest, sha256Of);
  expect(decodeDocument(bytes, { kind: 'shard', clusterId, name }, sha256Of)).toEqual(manifest);
});

it('writes keys that came from a store as it writes others', () => {
  const start = Buffer.from('abc');
  const bytes = encodeDocument({ ...manifest, range: { start, end: undefined } }, sha256Of);
  const { range } = decodeDocument(bytes, { kind: 'shard', clusterId, name }, sha256Of);
  expect(range).toEqual({ start: utf8('abc') });
});

it('is one JSON object, whose checksum a shell can check', () => {
  const text = fromUtf8(encodeDocument(manifest, sha256Of));
  const { checksum, body } = JSON.parse(text) as { checksum: string; body: unknown };
  expect(body).toMatchObject({ kind: 'shard', version: 1, chunkSetVersion: 3 });
  const start = text.indexOf('"body":') + '"body":'.length;
  expect(checksum).toBe(createHash('sha256').update(text.slice(start, -2)).digest('hex'));
});

it('is refused with any byte changed, cut off, of another kind, version or cluster', () => {
  const expected = { kind: 'shard', clusterId, name } as const;
  const bytes = encodeDocument(manifest, sha256Of);
  for (let i = 13; i < bytes.length - 2; i += 7) {
    if (i >= 77 && i < 86) continue;
    const changed = bytes.slice();
    changed[i] = (changed[i] ?? 0) ^ 1;
    expect(() => decodeDocument(changed, expected, sha256Of), `byte ${i}`).toThrow('checksum');
  }
  for (const length of [0, 12, 80, 90, bytes.length - 3])
    expect(() => decodeDocument(bytes.subarray(0, length), expected, sha256Of)).toThrow('checksum');
  expect(() => decodeDocument(bytes, { ...expected, kind: 'checkpoint' }, sha256Of)).toThrow(
    'is shard, not checkpoint',
  );
  expect(() => decodeDocument(bytes, { ...expected, clusterId: 'other' }, sha256Of)).toThrow('not of other');
  const later = sealJson({ ...manifest, version: 2 }, sha256Of);
  expect(() => decodeDocument(later, expected, sha256Of)).toThrow('version 2; this program reads version 1');
  const nothing = sealJson(null, sha256Of);
  expect(() => decodeDocument(nothing, expected, sha256Of)).toThrow('is undefined, not shard');
});
