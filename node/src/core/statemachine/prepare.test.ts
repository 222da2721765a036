// SPDX-License-Identifier: Apache-2.0
import { fromUtf8, utf8 } from '@shortlink/common/bytes.ts';
import { describe, expect, it } from 'vitest';
import { codeAt } from './code-list.ts';
import { inRange } from './code-space.ts';
import type { CodeRange, RandomBytes } from './code-space.ts';
import type { Command, CreateLink } from './commands.ts';
import { prepareCommands } from './prepare.ts';
import type { Prepared } from './prepare.ts';
import { routingKeyOf, routingPoint } from './routing.ts';
import {
  createLink,
  createLinks,
  dedup,
  deleteLink,
  kvBatch,
  kvPut,
  newLinkRows,
  operation,
  updateLink,
} from './testing/commands.ts';
import { TestShard } from './testing/test-shard.ts';

const everything: CodeRange = { start: new Uint8Array(0), end: undefined };

/** Random enough for a test, and the same each time. */
function seeded(seed = 1): RandomBytes {
  let state = seed;
  const next = () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) >>> 24;
  return { bytes: (length) => Uint8Array.from({ length }, next) };
}

function prepare(commands: readonly Command[], shard = new TestShard(), shardRange = everything): Prepared {
  return prepareCommands(commands, {
    reader: shard.memory,
    scope: shard.scope,
    state: shard.state,
    shardRange,
    random: seeded(),
  });
}

function codesOf(prepared: Prepared): string[] {
  if (prepared.kind !== 'prepared') throw new Error(`not prepared: ${prepared.kind}`);
  return prepared.commands.flatMap((command) => {
    if (command.type === 'createLink') return [command.code ?? 'none'];
    if (command.type !== 'createLinks') return [];
    const { codes = new Uint8Array(0), codeLength, count } = command;
    const rows = Array.from({ length: count }, (_, row) => codeAt(codes, codeLength, row));
    return rows.map((code) => (code === undefined ? 'none' : fromUtf8(code)));
  });
}

function drawn(fields: Partial<CreateLink> = {}): CreateLink {
  return createLink('', { code: undefined, generated: true, ...fields });
}

describe('preparing a proposal', () => {
  it('draws a code of the wanted length for each create without one and leaves everything else', () => {
    const others = [createLink('custom'), updateLink('x'), deleteLink('x'), kvPut('k', 'v')];
    const prepared = prepare([...others, drawn(), drawn({ codeLength: 12 })]);
    expect(prepared.kind === 'prepared' && prepared.commands.slice(0, 4)).toEqual(others);
    expect(codesOf(prepared).map((code) => code.length)).toEqual([6, 8, 12]);
    expect(
      codesOf(prepared)
        .slice(1)
        .every((code) => /^[0-9a-z]+$/.test(code)),
    ).toBe(true);
  });

  it('draws within the shard’s own range, and the create may be applied', () => {
    const shardRange = { start: utf8('m'), end: utf8('n5') };
    const point = drawn({ dedup: { key: new Uint8Array(16).fill(0x9f), fingerprint: new Uint8Array(8) } });
    expect(inRange(shardRange, routingPoint(point.dedup.key, 8))).toBe(true);
    const shard = new TestShard();
    const prepared = prepare(
      Array.from({ length: 50 }, () => point),
      shard,
      shardRange,
    );
    for (const code of codesOf(prepared)) expect(inRange(shardRange, utf8(code))).toBe(true);
    if (prepared.kind === 'prepared') expect(shard.applyAll(...prepared.commands)[0]?.kind).toBe('link');
  });

  it('never draws a code twice, nor one that the proposal or a row has, dead or alive', () => {
    const shard = new TestShard();
    // 36 codes in the range: all but three are in use.
    const shardRange = { start: utf8('abc0'), end: utf8('abd0') };
    const codes = [...'0123456789abcdefghijklmnopqrstuvw'].map((digit) => `abc${digit}`);
    shard.applyAll(...codes.map((code) => createLink(code)), deleteLink('abc0'));
    const point = { key: pointKey('abc5'), fingerprint: new Uint8Array(8) };
    const create = drawn({ codeLength: 4, dedup: point });
    const prepared = prepare([create, createLink('abcy'), create], shard, shardRange);
    expect(codesOf(prepared).sort()).toEqual(['abcx', 'abcy', 'abcz']);
  });

  it('looks codes up only where they could be taken', () => {
    const shard = new TestShard();
    const readsOf = (codeLength: number): number => {
      shard.memory.pointReads = 0;
      prepare([createLinks([undefined, undefined], { codeLength, codes: undefined }), drawn({ codeLength })], shard);
      return shard.memory.pointReads;
    };
    shard.state.revision = 36 ** 4 / 1024 - 1;
    expect(readsOf(4)).toBe(0);
    shard.state.revision += 1;
    expect(readsOf(4)).toBe(3);
    expect(readsOf(5)).toBe(0);
    shard.state.revision = Number.MAX_SAFE_INTEGER;
    expect(readsOf(10)).toBe(3);
    expect(readsOf(64)).toBe(0);
  });

  it('gives up when every code is taken, or the range has none of that length', () => {
    const shard = new TestShard();
    const shardRange = { start: utf8('abc0'), end: utf8('abc2') };
    const create = drawn({ codeLength: 4, dedup: { key: pointKey('abc1'), fingerprint: new Uint8Array(8) } });
    shard.applyAll(createLink('abc0'), createLink('abc1'));
    expect(prepare([createLink('abc1x'), create], shard, shardRange)).toEqual({ kind: 'codesExhausted', command: 1 });
  });

  it('draws a code for each row of links that are created together and has none', () => {
    const asked = createLinks([undefined, undefined, undefined], { codeLength: 4, codes: undefined });
    const some = createLinks(['zzzz', undefined], { codeLength: 4 });
    const codes = codesOf(prepare([asked, createLinks([undefined, undefined], { codeLength: 10 }), some]));
    expect(codes.map((code) => code.length)).toEqual([4, 4, 4, 10, 10, 4, 4]);
    expect(codes[5]).toBe('zzzz');
    expect(new Set(codes).size).toBe(7);
  });

  it('leaves codes alone that were looked for in the cold tier', () => {
    const looked = createLinks(['aaaa1111', undefined], { coldVersion: 7 });
    expect(prepare([looked])).toEqual({ kind: 'prepared', commands: [looked] });
  });

  it('leaves those rows without a code for which there is none, and nobody else’s', () => {
    const shard = new TestShard();
    const shardRange = { start: utf8('abc0'), end: utf8('abc4') };
    shard.applyAll(createLink('abc0'), createLink('abc1'));
    const key = pointKey('abc1');
    const asked = createLinks([undefined, undefined, undefined], {
      codeLength: 4,
      dedup: { key, fingerprint: new Uint8Array(8) },
    });
    const codes = codesOf(prepare([createLink('abc1x'), asked], shard, shardRange));
    expect(codes.toSorted()).toEqual(['abc1x', 'abc2', 'abc3', 'none']);
  });

  it('refuses what another shard owns', () => {
    const shardRange = { start: utf8('b'), end: utf8('c') };
    expect(prepare([createLink('b'), createLink('c')], undefined, shardRange)).toEqual({
      kind: 'wrongShard',
      command: 1,
    });
    expect(prepare([kvPut('a', 'v')], undefined, shardRange)).toEqual({ kind: 'wrongShard', command: 0 });
    const acrossBorder = kvBatch(operation('b', '1'), operation('c', '2'));
    expect(prepare([acrossBorder], undefined, shardRange)).toEqual({ kind: 'wrongShard', command: 0 });
    const moved = createLinks(['c0000000'], { dedup: { key: pointKey('b000'), fingerprint: new Uint8Array(8) } });
    expect(prepare([moved], undefined, shardRange)).toEqual({ kind: 'wrongShard', command: 0 });
    const together = createLinks([undefined], { dedup: { key: new Uint8Array(16), fingerprint: new Uint8Array(8) } });
    expect(prepare([together], undefined, shardRange)).toEqual({ kind: 'wrongShard', command: 0 });
    const elsewhere = drawn({ dedup: { key: new Uint8Array(16), fingerprint: new Uint8Array(8) } });
    expect(prepare([elsewhere], undefined, shardRange)).toEqual({ kind: 'wrongShard', command: 0 });
    expect(
      prepare([{ type: 'collectExpired', code: 'b', revision: 1, expiresAtMs: 1 }], undefined, shardRange).kind,
    ).toBe('prepared');
  });

  it.each<[string, Command]>([
    ['a code with a slash at its end', createLink('a/')],
    ['a code with a slash at its start', createLink('/a')],
    ['a code beyond ASCII', createLink('ä')],
    ['a code with a line break', createLink('a\n')],
    ['a code of 256 bytes', createLink('a'.repeat(256))],
    ['an empty code', deleteLink('')],
    ['an empty URL', createLink('a', { url: '' })],
    ['a URL of too many bytes', updateLink('a', { url: 'ä'.repeat(4097) })],
    ['an expiry that is no integer', createLink('a', { expiresAtMs: 1.5 })],
    ['a negative expiry', updateLink('a', { expiresAtMs: -1 })],
    ['a code length below 4', createLink('', { code: undefined, generated: true, codeLength: 3 })],
    ['a code length above 64', createLink('', { code: undefined, generated: true, codeLength: 65 })],
    ['no code and none to draw', createLink('', { code: undefined })],
    ['together: an empty URL', createLinks(['aaaa1111'], { rows: newLinkRows([{ url: '' }]) })],
    [
      'together: a URL of too many bytes',
      createLinks(['aaaa1111'], { rows: newLinkRows([{ url: 'ä'.repeat(4097) }]) }),
    ],
    ['together: an empty creator', createLinks(['aaaa1111'], { rows: newLinkRows([{ creatorId: '' }]) })],
    ['together: a text that is not UTF-8', createLinks(['aaaa1111'], { rows: Uint8Array.of(0, 1, 0xff, 1, 0x61) })],
    ['together: fewer rows than it says', createLinks(['aaaa1111', 'bbbb2222'], { rows: newLinkRows([{}]) })],
    ['together: more rows than it says', createLinks(['aaaa1111'], { rows: newLinkRows([{}, {}]) })],
    ['together: no row', createLinks([])],
    ['together: 1,001 rows', createLinks(Array.from({ length: 1001 }, () => 'aaaa1111'))],
    ['together: codes of another number', createLinks(['aaaa1111', 'bbbb2222'], { codes: new Uint8Array(8) })],
    ['together: a code that is none', createLinks(['aaaa_111'])],
    ['together: a code length of 65', createLinks(['aaaa1111'], { codeLength: 65, codes: undefined })],
    ['a short idempotency key', createLink('a', { dedup: { ...dedup(), key: new Uint8Array(15) } })],
    ['a long fingerprint', kvPut('k', 'v', { dedup: { ...dedup(), fingerprint: new Uint8Array(9) } })],
    ['an empty key', kvPut('', 'v')],
    ['a batch of nothing', kvBatch()],
    ['a batch of too many', kvBatch(...Array.from({ length: 1001 }, () => operation('k', 'v')))],
    ['a hash that is none', { type: 'stateHashCheck', index: 1, hash: 'x' }],
  ])('refuses %s', (_, command) => {
    expect(prepare([createLink('fine'), command])).toMatchObject({ kind: 'invalid', command: 1 });
  });

  it.each(['a', 'A-b_c.9', 'team/docs', '..', 'a'.repeat(255)])('lets the code %s pass', (code) => {
    expect(prepare([createLink(code)]).kind).toBe('prepared');
  });
});

/** A hash whose routing point of four digits is `code`. */
function pointKey(code: string): Uint8Array {
  const middle = BigInt(Number.parseInt(code, 36)) * 2n + 1n;
  const value = (middle << 127n) / 36n ** 4n;
  const key = Uint8Array.from({ length: 16 }, (_, i) => Number((value >> BigInt(8 * (15 - i))) & 0xffn));
  expect(fromUtf8(routingPoint(key, 4))).toBe(code);
  return key;
}

describe('routing', () => {
  it('follows the code, the key, or the memory of a create that has no code yet', () => {
    expect(routingKeyOf(createLink('a/b'))).toEqual(utf8('a/b'));
    expect(routingKeyOf(deleteLink('x'))).toEqual(utf8('x'));
    expect(routingKeyOf(kvBatch(operation('first', '1'), operation('second', '2')))).toEqual(utf8('first'));
    const create = drawn({ codeLength: 10 });
    expect(routingKeyOf(create)).toEqual(routingPoint(create.dedup.key, 10));
    expect(routingKeyOf({ type: 'stateHashCheck', index: 64, hash: '0'.repeat(16) })).toBeUndefined();
  });
});
