// SPDX-License-Identifier: Apache-2.0
import { defined } from '@shortlink/common/assert.ts';
import { compareBytes, fromHex, toHex, utf8 } from '@shortlink/common/bytes.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyEntry } from './apply.ts';
import type { CommittedEntry } from './apply.ts';
import type { Link } from './commands.ts';
import { encodeEntry } from './entry-codec.ts';
import { rebaseKey } from './keys.ts';
import { decodeShardState, encodeShardState } from './shard-state.ts';
import { StateTx } from './state-tx.ts';
import { coldHistory, history } from './testing/histories.ts';
import type { Step } from './testing/histories.ts';
import { Model } from './testing/model.ts';
import { retireOldest } from './testing/lifecycle.ts';
import { OverlappingMerges } from './testing/overlapping-merges.ts';
import { TestShard } from './testing/test-shard.ts';

/** The steps as a log, whose entries may be grouped in any way. */
function logOf(steps: readonly Step[], windowMs: number): CommittedEntry[] {
  let timeMs = 1000;
  return steps.map(({ elapsedMs, commands }, i) => {
    timeMs += elapsedMs;
    return { index: i + 1, term: 1, data: encodeEntry({ timeMs, idempotencyWindowMs: windowMs, commands }) };
  });
}

function rowsAtSlot0(shard: TestShard): string[] {
  return shard.memory.rows().map(({ key, value }) => `${toHex(rebaseKey(key, 0))} ${toHex(value)}`);
}

describe('a replica', () => {
  it('ends up with the same rows, state and answers however entries are grouped into batches, and wherever it restarts', () => {
    const grouping = fc.infiniteStream(fc.record({ size: fc.integer({ min: 1, max: 4 }), restart: fc.boolean() }));
    fc.assert(
      fc.property(history, grouping, fc.constantFrom(60, 1_000_000), (steps, groups, windowMs) => {
        const log = logOf(steps, windowMs);
        const one = new TestShard(1);
        const expected = log.flatMap((entry) => one.applyEntries([entry]));
        const other = new TestShard(9);
        const actual = [];
        for (let start = 0; start < log.length;) {
          const { size, restart } = defined(groups.next().value, 'group');
          actual.push(...other.applyEntries(log.slice(start, start + size)));
          if (restart) Object.assign(other.state, decodeShardState(encodeShardState(other.state)));
          start += size;
        }
        expect(actual).toEqual(expected);
        expect(other.state).toEqual(one.state);
        expect(rowsAtSlot0(other)).toEqual(rowsAtSlot0(one));
      }),
      { numRuns: 200 },
    );
  });

  it('has another state hash when one row was different', () => {
    fc.assert(
      fc.property(history, (steps) => {
        const log = logOf(steps, 1_000_000);
        const one = new TestShard();
        for (const entry of log) one.applyEntries([entry]);
        const other = new TestShard();
        const tx = new StateTx(other.memory, other.scope);
        for (const entry of log) applyEntry(other.state, entry, tx);
        expect(other.state.stateHash).toBe(one.state.stateHash);
        const time = { timeMs: one.state.timeMs + 1, idempotencyWindowMs: 1_000_000 };
        const put = (value: string) =>
          ({ type: 'kvPut', key: utf8('k'), value: utf8(value), ifRevision: undefined }) as const;
        const dedup = { key: new Uint8Array(16).fill(1), fingerprint: new Uint8Array(8) };
        const next = (value: string) => ({
          index: log.length + 1,
          term: 1,
          data: encodeEntry({ ...time, commands: [{ ...put(value), dedup }] }),
        });
        one.applyEntries([next('same')]);
        applyEntry(other.state, next('other'), tx);
        expect(other.state.stateHash).not.toBe(one.state.stateHash);
      }),
      { numRuns: 50 },
    );
  });

  it('does what the model of plain maps does, through expiry, tombstones, retries, generations and chunks', () => {
    fc.assert(
      fc.property(history, (steps) => {
        const shard = new TestShard();
        shard.windowMs = 1_000_000;
        const model = new Model();
        shard.state.confState = { ...shard.state.confState, voters: [1, 2, 3] };
        for (const { elapsedMs, seal, retire, commands } of steps) {
          shard.timeMs += elapsedMs;
          if (seal) shard.seal();
          if (retire) retireOldest(shard);
          const looked = commands.map((command) => shard.looked(command));
          const expected = looked.map((command) => model.apply(command, shard.timeMs));
          expect(shard.applyAll(...looked)).toEqual(expected);
          expect(shard.state.revision).toBe(model.revision);
          compare(shard, model);
        }
        const due = shard.findExpired(shard.timeMs);
        // Links in chunks are not collected: they are judged by their expiry whenever they are read.
        const cold = new Set(shard.coldLinks());
        expect(due.map(({ code }) => code).sort()).toEqual(uncollected(model).filter((code) => !cold.has(code)));
        for (const result of shard.applyAll(...due)) expect(result).toEqual({ kind: 'collected' });
        for (const command of due) expect(model.apply(command, shard.timeMs)).toEqual({ kind: 'collected' });
        compare(shard, model);
      }),
      { numRuns: 300 },
    );
  });

  it('does what the model does while its chunks are merged, however merges and retirements overlap', async () => {
    let replaced = 0;
    await fc.assert(
      fc.asyncProperty(coldHistory, async (steps) => {
        const shard = new TestShard();
        shard.windowMs = 1_000_000;
        const model = new Model();
        shard.state.confState = { ...shard.state.confState, voters: [1, 2, 3] };
        const merges = new OverlappingMerges(shard);
        for (const { elapsedMs, seal, retire, merge, commands } of steps) {
          shard.timeMs += elapsedMs;
          if (seal) shard.seal();
          if (retire) retireOldest(shard);
          if (merge !== undefined) await merges.begin(merge);
          merges.endDue();
          const looked = commands.map((command) => shard.looked(command));
          const expected = looked.map((command) => model.apply(command, shard.timeMs));
          expect(shard.applyAll(...looked)).toEqual(expected);
          compare(shard, model);
          merges.repeatAll();
        }
        replaced += merges.replaced;
      }),
      { numRuns: 120 },
    );
    expect(replaced).toBeGreaterThan(100);
  });
});

/** Expired links whose rows are still there. */
function uncollected(model: Model): string[] {
  const codes = [...model.links].filter(([code, row]) => typeof row === 'object' && model.link(code) === 'expired');
  return codes.map(([code]) => code).sort();
}

function compare(shard: TestShard, model: Model): void {
  const alive: Link[] = [];
  for (const code of ['a', 'b', 'c/d', 'zz00zz00', 'yy11yy11']) {
    const link = model.link(code);
    if (typeof link === 'object') alive.push(link);
    const expected =
      link === undefined
        ? { kind: 'notFound' }
        : typeof link === 'string'
          ? { kind: 'gone', reason: link }
          : { kind: 'link', link };
    expect(shard.read({ type: 'link', code })).toEqual(expected);
  }
  for (const creatorId of ['ada', 'bob']) {
    const links = alive.filter((link) => link.creatorId === creatorId);
    links.sort((a, b) => a.createRevision - b.createRevision);
    const page = shard.read({ type: 'links', creatorId, afterRevision: 0, limit: 100 });
    expect(page).toEqual({ kind: 'links', links, nextRevision: undefined });
  }
  const rows = [...model.keys]
    .map(([key, row]) => ({ ...row, key: fromHex(key), value: fromHex(row.value) }))
    .sort((a, b) => compareBytes(a.key, b.key));
  const range = { gte: utf8(''), lt: undefined, reverse: false, limit: 100, maxBytes: 10_000, keysOnly: false };
  expect(shard.read({ type: 'kvRange', ...range })).toEqual({
    kind: 'kvRange',
    rows,
    more: false,
    shardRevision: model.revision,
  });
}
