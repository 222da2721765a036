// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { thinManifests } from './thin-manifests.ts';

const hourMs = 60 * 60_000;
const manifests = Array.from({ length: 72 }, (_, i) => ({ name: `m${i}`, sequence: i, modifiedMs: i * hourMs }));

it('keeps the newest ones, and the last one of each day before', () => {
  const gone = new Set(thinManifests(manifests, 1000 * hourMs));
  const kept = manifests.map(({ name }) => name).filter((name) => !gone.has(name));
  const newest = manifests.slice(-16).map(({ name }) => name);
  expect(kept).toEqual(['m23', 'm47', ...newest]);
});

it('keeps what is young, however many they are, whatever their order', () => {
  const young = manifests.map((one) => ({ ...one, modifiedMs: 500 * hourMs })).reverse();
  expect(thinManifests(young, 500.5 * hourMs)).toEqual([]);
  expect(thinManifests(young, 502 * hourMs)).toHaveLength(72 - 16);
  expect(thinManifests(young, 502 * hourMs)).not.toContain('m71');
});
