// SPDX-License-Identifier: Apache-2.0
import { utf8 } from '@shortlink/common/bytes.ts';
import fc from 'fast-check';
import type { Command, LifecycleCommand } from '../commands.ts';
import { newLinkRows, packCodes } from './commands.ts';

// Histories in which commands meet: few codes, few keys, low revisions, expiries around the times of the entries.

/** What a client or a collector may ask for. */
export type ClientCommand = Exclude<Command, LifecycleCommand>;

export interface Step {
  readonly elapsedMs: number;
  /** The generation is sealed before the entry. */
  readonly seal: boolean;
  /** The oldest sealed generation, if there is one, is taken to the cold tier before the entry. */
  readonly retire: boolean;
  readonly commands: readonly ClientCommand[];
}

const code = fc.constantFrom('a', 'b', 'c/d', 'zz00zz00');
const key = fc.constantFrom('k', 'l', 'm').map(utf8);
const value = fc.constantFrom('', '1', '22').map(utf8);
const url = fc.constantFrom('https://one/', 'https://two/');
const ifRevision = fc.option(fc.integer({ min: 0, max: 12 }), { nil: undefined });
const expiresAtMs = fc.integer({ min: 1000, max: 1600 });
const orUndefined = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });

/** Codes as the leader drew them, some of them taken by now; undefined: it found none. */
const createTogether = fc
  .array(
    fc.record({
      code: fc.constantFrom('zz00zz00', 'yy11yy11', undefined),
      url,
      creatorId: fc.constantFrom('ada', 'bob'),
      expiresAtMs: orUndefined(expiresAtMs),
    }),
    { minLength: 1, maxLength: 3 },
  )
  .map((links) => ({
    type: 'createLinks' as const,
    codeLength: 8,
    count: links.length,
    rows: newLinkRows(links),
    codes: packCodes(
      links.map((link) => link.code),
      8,
    ),
  }));

const mutation = fc.oneof(
  createTogether,
  fc.record({
    type: fc.constant('createLink' as const),
    code,
    generated: fc.boolean(),
    codeLength: fc.constant(8),
    url,
    creatorId: fc.constantFrom('ada', 'bob'),
    expiresAtMs: orUndefined(expiresAtMs),
    reuseDeadCodes: fc.boolean(),
  }),
  fc.record({
    type: fc.constant('updateLink' as const),
    code,
    url: orUndefined(url),
    expiresAtMs: fc.oneof(fc.constantFrom(null, undefined), expiresAtMs),
    disabled: orUndefined(fc.boolean()),
    ifRevision,
  }),
  fc.record({ type: fc.constant('deleteLink' as const), code, ifRevision }),
  fc.record({ type: fc.constant('kvPut' as const), key, value, ifRevision }),
  fc.record({ type: fc.constant('kvDelete' as const), key, ifRevision }),
  fc.record({
    type: fc.constant('kvBatch' as const),
    operations: fc.array(fc.record({ key, value: orUndefined(value), ifRevision }), { minLength: 1, maxLength: 3 }),
  }),
);

/** A mutation with an idempotency key of its own; a fingerprint is a function of what is asked, as the services make it. */
const asked = fc.tuple(mutation, fc.uuid()).map(([body, id]): ClientCommand => {
  const fingerprint = Uint8Array.from({ length: 8 }, () => 0);
  for (const [i, unit] of [...JSON.stringify(body)].entries()) {
    fingerprint[i % 8] = ((fingerprint[i % 8] ?? 0) * 31 + unit.charCodeAt(0)) & 0xff;
  }
  return { ...body, dedup: { key: utf8(id).slice(0, 16), fingerprint } };
});

/** Collections that a leader could have proposed, some of them long out of date. */
const collection: fc.Arbitrary<ClientCommand> = fc.record({
  type: fc.constant('collectExpired' as const),
  code,
  revision: fc.integer({ min: 1, max: 12 }),
  expiresAtMs,
});

/** Retries pick one of the commands before them; some ask for something else under the same key. */
const action = fc.oneof(
  { weight: 6, arbitrary: asked },
  { weight: 1, arbitrary: collection },
  { weight: 2, arbitrary: fc.record({ retryOf: fc.nat(), changed: fc.boolean() }) },
);

export const history: fc.Arbitrary<readonly Step[]> = fc
  .array(
    fc.record({
      elapsedMs: fc.constantFrom(0, 1, 50, 100),
      seal: fc.integer({ min: 0, max: 4 }).map((dice) => dice === 0),
      retire: fc.integer({ min: 0, max: 4 }).map((dice) => dice === 0),
      actions: fc.array(action, { minLength: 1, maxLength: 5 }),
    }),
    { maxLength: 12 },
  )
  .map((steps) => {
    const asks: ClientCommand[] = [];
    return steps.map(({ elapsedMs, seal, retire, actions }) => ({
      elapsedMs,
      seal,
      retire,
      commands: actions.flatMap((next): ClientCommand[] => {
        if ('type' in next) {
          if (next.type !== 'collectExpired') asks.push(next);
          return [next];
        }
        const again = asks[next.retryOf % Math.max(1, asks.length)];
        return again === undefined || !('dedup' in again) ? [] : [next.changed ? changed(again) : again];
      }),
    }));
  });

function changed(command: Extract<Command, { readonly dedup: unknown }>): ClientCommand {
  return { ...command, dedup: { ...command.dedup, fingerprint: new Uint8Array(8).fill(0xff) } };
}
