// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { ignoreReasons } from '../../lifecycle/transitions.ts';
import type { Command, CommandResult, Link } from '../commands.ts';
import type { KvRow, ReadOp, ReadResult } from '../reads.ts';
import { newLinkRows, packCodes } from './commands.ts';

// Values of every shape that the codecs accept.

const number = fc.oneof(fc.nat(), fc.maxSafeNat());
const bytes = (minLength: number, maxLength: number) => fc.uint8Array({ minLength, maxLength });
const code = fc.stringMatching(/^[0-9A-Za-z._-](?:[0-9A-Za-z._/-]{0,20}[0-9A-Za-z._-])?$/);
const text = fc.string({ minLength: 1, maxLength: 30, unit: 'grapheme' });
const orUndefined = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const dedup = fc.record({ key: bytes(16, 16), fingerprint: bytes(8, 8) });
const hash = fc.stringMatching(/^[0-9a-f]{16}$/);
const condition = orUndefined(number);

const create = {
  type: fc.constant('createLink' as const),
  dedup,
  codeLength: fc.integer({ min: 4, max: 64 }),
  url: text,
  creatorId: text,
  expiresAtMs: orUndefined(number),
  reuseDeadCodes: fc.boolean(),
};

const creates = fc
  .record({
    dedup,
    codeLength: fc.integer({ min: 4, max: 64 }),
    links: fc.array(fc.record({ url: text, creatorId: text, expiresAtMs: orUndefined(number) }), {
      minLength: 1,
      maxLength: 4,
    }),
    drawn: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
    coldVersion: orUndefined(number),
  })
  .map(({ dedup: asked, codeLength, links, drawn, coldVersion }) => ({
    type: 'createLinks' as const,
    dedup: asked,
    codeLength,
    count: links.length,
    rows: newLinkRows(links),
    codes: packCodes(
      links.map((_, i) => (drawn[i] === true ? `z${i}`.repeat(codeLength).slice(0, codeLength) : undefined)),
      codeLength,
    ),
    coldVersion,
  }));

/** Commands that may enter the log. */
export const loggedCommand: fc.Arbitrary<Command> = fc.oneof(
  creates,
  fc.record({ ...create, code, generated: fc.boolean() }),
  fc.record({
    type: fc.constant('updateLink' as const),
    dedup,
    code,
    url: orUndefined(text),
    expiresAtMs: fc.oneof(fc.constant(null), orUndefined(number)),
    disabled: orUndefined(fc.boolean()),
    ifRevision: condition,
  }),
  fc.record({ type: fc.constant('deleteLink' as const), dedup, code, ifRevision: condition }),
  fc.record({ type: fc.constant('collectExpired' as const), code, revision: number, expiresAtMs: number }),
  fc.record({
    type: fc.constant('kvPut' as const),
    dedup,
    key: bytes(1, 30),
    value: bytes(0, 30),
    ifRevision: condition,
  }),
  fc.record({ type: fc.constant('kvDelete' as const), dedup, key: bytes(1, 30), ifRevision: condition }),
  fc.record({
    type: fc.constant('kvBatch' as const),
    dedup,
    operations: fc.array(fc.record({ key: bytes(1, 30), value: orUndefined(bytes(0, 30)), ifRevision: condition }), {
      minLength: 1,
      maxLength: 5,
    }),
  }),
  fc.record({ type: fc.constant('stateHashCheck' as const), index: number, hash }),
);

export const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 8, arbitrary: loggedCommand },
  { weight: 1, arbitrary: fc.record({ ...create, code: fc.constant(undefined), generated: fc.constant(true) }) },
  { weight: 1, arbitrary: creates.map((drawn) => ({ ...drawn, codes: undefined })) },
);

export const link: fc.Arbitrary<Link> = fc.record({
  code,
  url: text,
  creatorId: text,
  createdAtMs: number,
  updatedAtMs: number,
  expiresAtMs: orUndefined(number),
  disabled: fc.boolean(),
  createRevision: number,
  revision: number,
});

const deadReason = fc.constantFrom('deleted' as const, 'expired' as const);

export const commandResult: fc.Arbitrary<CommandResult> = fc.oneof(
  fc.record({ kind: fc.constant('link' as const), link }),
  fc.record({
    kind: fc.constant('linksCreated' as const),
    created: fc.record({
      codes: bytes(0, 40),
      codeLength: number,
      createdAtMs: number,
      firstRevision: number,
      notCreated: fc.array(
        fc.record({ row: number, reason: fc.constantFrom('redraw' as const, 'exhausted' as const) }),
        { maxLength: 3 },
      ),
    }),
  }),
  fc.record({ kind: fc.constant('deleted' as const), revision: number }),
  fc.record({ kind: fc.constant('taken' as const), dead: fc.boolean() }),
  fc.record({ kind: fc.constant('gone' as const), reason: deadReason }),
  fc.record({ kind: fc.constant('revisionMismatch' as const), actual: number }),
  fc.record({ kind: fc.constant('kv' as const), revision: number, existed: fc.boolean() }),
  fc.record({ kind: fc.constant('kvBatch' as const), revision: number }),
  fc.record({ kind: fc.constant('kvBatchMismatch' as const), operation: number, actual: number }),
  fc.record({
    kind: fc.constant('lifecycle' as const),
    verdict: fc.constantFrom('done' as const, ...ignoreReasons),
  }),
  fc.record({
    kind: fc.constant('stateHash' as const),
    verdict: fc.constantFrom('equal' as const, 'different' as const, 'unknown' as const),
  }),
  fc.constantFrom<CommandResult>(
    { kind: 'redraw' },
    { kind: 'notFound' },
    { kind: 'idempotencyMismatch' },
    { kind: 'collected' },
    { kind: 'nothing' },
  ),
);

const positive = fc.integer({ min: 1, max: 1_000_000 });

export const readOp: fc.Arbitrary<ReadOp> = fc.oneof(
  fc.record({ type: fc.constant('link' as const), code }),
  fc.record({ type: fc.constant('links' as const), creatorId: text, afterRevision: number, limit: positive }),
  fc.record({ type: fc.constant('kvGet' as const), key: bytes(0, 30) }),
  fc.record({ type: fc.constant('lifecycle' as const), knownVersion: number }),
  fc.record({
    type: fc.constant('kvRange' as const),
    gte: bytes(0, 30),
    lt: orUndefined(bytes(0, 30)),
    reverse: fc.boolean(),
    limit: positive,
    maxBytes: positive,
    keysOnly: fc.boolean(),
  }),
);

const kvRow: fc.Arbitrary<KvRow> = fc.record({
  key: bytes(0, 30),
  value: bytes(0, 30),
  createRevision: number,
  revision: number,
  version: number,
});

export const readResult: fc.Arbitrary<ReadResult> = fc.oneof(
  fc.record({ kind: fc.constant('link' as const), link }),
  fc.constant<ReadResult>({ kind: 'notFound' }),
  fc.record({ kind: fc.constant('gone' as const), reason: deadReason }),
  fc.record({
    kind: fc.constant('links' as const),
    links: fc.array(link, { maxLength: 3 }),
    nextRevision: orUndefined(number),
  }),
  fc.record({ kind: fc.constant('kv' as const), row: orUndefined(kvRow), shardRevision: number }),
  fc.record({
    kind: fc.constant('kvRange' as const),
    rows: fc.array(kvRow, { maxLength: 3 }),
    more: fc.boolean(),
    shardRevision: number,
  }),
);
