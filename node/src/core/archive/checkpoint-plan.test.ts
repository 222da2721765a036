// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { chunkObject } from '../statemachine/testing/lifecycle.ts';
import {
  checkpointGarbageMinAgeMs,
  deletableGarbage,
  holdsHotRows,
  isFullDue,
  neededParts,
  nextGarbage,
} from './checkpoint-plan.ts';
import type { CheckpointPart } from './manifests.ts';

const mib = 1024 * 1024;

function part(index: number, fields: Partial<CheckpointPart> = {}, sizeBytes = 1000): CheckpointPart {
  const object = chunkObject(`rows-${index}`, { sizeBytes });
  return { kind: 'changes', object, after: index - 10, index, generation: 1, timeMs: index, ...fields };
}

const names = (parts: readonly CheckpointPart[]): string[] => parts.map(({ object }) => object.name);

it('keeps a part while a generation up to its own is hot, and everything after it', () => {
  const parts = [part(10), part(20, { generation: 2 }), part(30, { generation: 3 })];
  const facts = (oldest: number) => ({ timeMs: 99, generations: [{ id: 3 }, { id: oldest }], idempotencyEpochs: [] });
  expect(names(neededParts(parts, facts(1)))).toEqual(['rows-10', 'rows-20', 'rows-30']);
  expect(names(neededParts(parts, facts(2)))).toEqual(['rows-20', 'rows-30']);
  expect(names(neededParts(parts, facts(3)))).toEqual(['rows-30']);
  expect(neededParts(parts, { timeMs: 99, generations: [{ id: 4 }], idempotencyEpochs: [] })).toEqual([]);
});

it('keeps a part while the idempotency memory of its time lives', () => {
  const parts = [part(10), part(20), part(30)];
  const facts = { timeMs: 99, generations: [{ id: 2 }], idempotencyEpochs: [28, 15] };
  expect(names(neededParts(parts, facts))).toEqual(['rows-20', 'rows-30']);
  expect(holdsHotRows(part(20), facts), 'its links are in chunks all the same').toBe(false);
});

it('writes all rows anew when the changes are many, or more than the rows were', () => {
  const many = Array.from({ length: 100 }, (_, i) => part(i));
  expect(isFullDue(many)).toBe(true);
  expect(isFullDue(many.slice(1))).toBe(false);
  const all = part(1, { kind: 'all' }, 20 * mib);
  expect(isFullDue([all, part(2, {}, 12 * mib), part(3, {}, 7 * mib)])).toBe(false);
  expect(isFullDue([all, part(2, {}, 12 * mib), part(3, {}, 9 * mib)])).toBe(true);
  expect(isFullDue([part(2, {}, 5 * mib)])).toBe(true);
});

it('remembers what it no longer needs until that is deleted, and never what it needs', () => {
  const before = {
    parts: [part(10), part(20)],
    garbage: [
      { name: 'old', unlinkedAtMs: 1 },
      { name: 'gone', unlinkedAtMs: 1 },
    ],
  };
  const garbage = nextGarbage(before, {
    timeMs: 50,
    parts: [part(20), part(30)],
    abandoned: ['rows-30', 'lost', 'manifest-20'],
    gone: new Set(['gone']),
    beforeName: 'manifest-20',
  });
  expect(garbage).toEqual([
    { name: 'old', unlinkedAtMs: 1 },
    { name: 'rows-10', unlinkedAtMs: 50 },
    { name: 'lost', unlinkedAtMs: 50 },
    { name: 'manifest-20', unlinkedAtMs: 50 },
  ]);
  expect(deletableGarbage(garbage, 1 + checkpointGarbageMinAgeMs)).toEqual(['old']);
});
