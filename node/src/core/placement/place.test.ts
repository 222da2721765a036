// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { limits } from '@shortlink/common/limits.ts';
import { place } from './place.ts';
import { buildRing } from './ring.ts';
import type { RingMember } from './ring.ts';
import { countMoved, runPlaceScript } from './testing/place-script.ts';

const scripts = join(import.meta.dirname, 'testdata');

/** Ids as nodes mint them. */
const nodeId = fc
  .tuple(fc.integer({ min: 0, max: 0xffff_ffff }), fc.integer({ min: 0, max: 0xffff_ffff }))
  .map((halves) => halves.map((half) => half.toString(16).padStart(8, '0')).join(''));

const members = (options: { readonly max: number; readonly zones: number }): fc.Arbitrary<RingMember[]> =>
  fc.uniqueArray(
    fc.record({
      id: nodeId,
      zone: fc.integer({ min: 0, max: options.zones - 1 }).map((zone) => `zone-${zone}`),
      weight: fc.integer({ min: 1, max: limits.nodeMaxWeight }),
    }),
    { minLength: 1, maxLength: options.max, selector: (member) => member.id },
  );

const chunkIds = Array.from({ length: 200 }, (_, i) => `3/${i * 7}/${i % 4}`);

describe('placement (P-I1)', () => {
  it.each(readdirSync(scripts))('is what it was: %s', (name) => {
    for (const { block, actual } of runPlaceScript(readFileSync(join(scripts, name), 'utf8')))
      expect(actual, `line ${block.line}: ${block.command}`).toBe(block.expected);
  });

  it('notices one character of a script that is changed', () => {
    const [name = ''] = readdirSync(scripts);
    const text = readFileSync(join(scripts, name), 'utf8').replace(/\d\n*$/, '#\n');
    expect(runPlaceScript(text).some(({ block, actual }) => block.expected !== actual)).toBe(true);
  });

  it('does not depend on the order of the members, nor on the epoch', () => {
    fc.assert(
      fc.property(members({ max: 12, zones: 3 }), fc.integer({ min: 1, max: 4 }), (nodes, copies) => {
        const ring = buildRing(1, nodes);
        const other = buildRing(2, nodes.toReversed());
        for (const id of chunkIds.slice(0, 20)) expect(place(other, id, copies)).toEqual(place(ring, id, copies));
      }),
    );
  });

  it('gives each chunk as many different nodes as asked for, spread over zones as evenly as they allow (P-I3)', () => {
    fc.assert(
      fc.property(members({ max: 12, zones: 4 }), fc.integer({ min: 0, max: 5 }), (nodes, copies) => {
        const ring = buildRing(1, nodes);
        const sizes = new Map<string, number>();
        for (const { zone } of nodes) sizes.set(zone, (sizes.get(zone) ?? 0) + 1);
        for (const id of chunkIds.slice(0, 20)) {
          const placed = place(ring, id, copies);
          expect(new Set(placed).size).toBe(Math.min(copies, nodes.length));
          const used = new Map<string, number>();
          for (const node of placed) {
            const zone = nodes.find((one) => one.id === node)?.zone ?? '';
            used.set(zone, (used.get(zone) ?? 0) + 1);
          }
          // No zone has two copies more than another one that has a node to spare.
          for (const [zone, size] of sizes) {
            const here = used.get(zone) ?? 0;
            if (here < size) expect(Math.max(0, ...used.values())).toBeLessThanOrEqual(here + 1);
          }
        }
      }),
    );
  });
});

describe('a change of the ring (P-I2)', () => {
  it('moves at most one copy of a chunk when a node is added, and only to that node', () => {
    fc.assert(
      fc.property(members({ max: 14, zones: 4 }), fc.integer({ min: 1, max: 4 }), (nodes, copies) => {
        const added = nodes.at(-1)?.id;
        const before = buildRing(1, nodes.slice(0, -1));
        const after = buildRing(2, nodes);
        for (const id of chunkIds) {
          const [had, has] = [place(before, id, copies), place(after, id, copies)];
          expect(has.filter((node) => !had.includes(node) && node !== added)).toEqual([]);
          expect(had.filter((node) => !has.includes(node)).length).toBeLessThanOrEqual(1);
        }
      }),
    );
  });

  it('moves copies only to the node whose weight is raised', () => {
    fc.assert(
      fc.property(members({ max: 10, zones: 3 }), fc.integer({ min: 1, max: 3 }), (nodes, copies) => {
        const [first, ...others] = nodes;
        if (first === undefined) return;
        const raised = { ...first, weight: Math.min(limits.nodeMaxWeight, first.weight * 2) };
        const before = buildRing(1, nodes);
        const after = buildRing(2, [raised, ...others]);
        for (const id of chunkIds) {
          const [had, has] = [place(before, id, copies), place(after, id, copies)];
          expect(has.filter((node) => !had.includes(node) && node !== first.id)).toEqual([]);
        }
      }),
      { numRuns: 50 },
    );
  });

  // Design §5. What is left of the 5 % is for the luck of ids: the share of a node differs from the ideal by about 0.5 %
  // of all copies, and 2,000 chunks show it to within 0.5 % (one standard deviation at three nodes, less beyond).
  it.each([
    ['no zones', (): string => ''],
    ['a zone for each node', (i: number): string => `zone-${i}`],
  ])('moves at most 1/n + 5 % of the copies for n = 3…100, with %s', (_name, zoneOf) => {
    const chunks = Array.from({ length: 2000 }, (_, i) => `1/${i}/0`);
    fc.assert(
      fc.property(fc.uniqueArray(nodeId, { minLength: 100, maxLength: 100 }), fc.nat(), (ids, lot) => {
        const nodes = ids.map((id, i): RingMember => ({ id, zone: zoneOf(i), weight: 100 }));
        let before = chunks.map((id) => place(buildRing(2, nodes.slice(0, 2)), id, 2));
        for (let n = 3; n <= 100; n++) {
          const ring = buildRing(n, nodes.slice(0, n));
          const after = chunks.map((id) => place(ring, id, 2));
          const bound = (1 / n + 0.05) * chunks.length * 2;
          expect(countMoved(before, after), `adding node ${n}`).toBeLessThanOrEqual(bound);
          const without = buildRing(0, nodes.slice(0, n).toSpliced(lot % n, 1));
          const left = chunks.map((id) => place(without, id, 2));
          expect(countMoved(after, left), `losing one of ${n}`).toBeLessThanOrEqual(bound);
          before = after;
        }
      }),
      { numRuns: 1 },
    );
  });

  it('shares chunks in proportion to weights, within 5 % of the ideal', () => {
    const weights = [50, 100, 100, 200, 150, 100, 300];
    const nodes = weights.map((weight, i): RingMember => ({ id: `node-${i}`, zone: '', weight }));
    const ring = buildRing(1, nodes);
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const chunks = 20_000;
    const held = new Map<string, number>();
    for (let i = 0; i < chunks; i++) {
      const [node = ''] = place(ring, `2/${i}/1`, 1);
      held.set(node, (held.get(node) ?? 0) + 1);
    }
    for (const { id, weight } of nodes) {
      const ideal = (chunks * weight) / total;
      expect(Math.abs((held.get(id) ?? 0) - ideal) / ideal, id).toBeLessThan(0.05 + 3 / Math.sqrt(ideal));
    }
  });
});
