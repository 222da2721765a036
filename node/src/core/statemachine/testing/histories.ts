// SPDX-License-Identifier: Apache-2.0
import { utf8 } from '@shortlink/common/bytes.ts';
import fc from 'fast-check';
import type { Command, LifecycleCommand } from '../commands.ts';
import { newLinkRows, packCodes } from './commands.ts';

// Histories in which commands meet: few codes, few keys, low revisions, expiries around the times of the entries.

/** What a client or a collector may ask for. */
export type ClientCommand = Exclude<Command, LifecycleCommand>;

/** Which runs of chunks are merged, and what becomes of it. */
export interface MergeChoice {
  /** Newest runs that stay as they are. */
  readonly skip: number;
  readonly runs: number;
  /** Rows of an output at most. */
  readonly outputRows: number;
  /** Entries between its begin and its end. */
  readonly entries: number;
  readonly abandon: boolean;
}

export interface Step {
  readonly elapsedMs: number;
  /** The generation is sealed before the entry. */
  readonly seal: boolean;
  /** The oldest sealed generation, if there is one, is taken to the cold tier before the entry. */
  readonly retire: boolean;
  /** A merge that begins before the entry, when none is under way. */
  readonly merge: MergeChoice | undefined;
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

const mergeChoice: fc.Arbitrary<MergeChoice> = fc.record({
  skip: fc.integer({ min: 0, max: 2 }),
  runs: fc.integer({ min: 1, max: 4 }),
  outputRows: fc.integer({ min: 1, max: 6 }),
  entries: fc.integer({ min: 0, max: 2 }),
  abandon: fc.integer({ min: 0, max: 5 }).map((dice) => dice === 0),
});

/** One entry in `odds` seals, or retires, or merges; 0: none. */
interface Odds {
  readonly seal: number;
  readonly retire: number;
  readonly merge: number;
}

function historyOf(
  odds: Odds,
  lengths: { readonly minLength?: number; readonly maxLength: number },
): fc.Arbitrary<readonly Step[]> {
  const dice = (oneIn: number) => fc.nat({ max: Math.max(0, oneIn - 1) }).map((rolled) => oneIn > 0 && rolled === 0);
  const step = fc.record({
    elapsedMs: fc.constantFrom(0, 1, 50, 100),
    seal: dice(odds.seal),
    retire: dice(odds.retire),
    merge: fc.tuple(dice(odds.merge), mergeChoice).map(([merges, choice]) => (merges ? choice : undefined)),
    actions: fc.array(action, { minLength: 1, maxLength: 5 }),
  });
  return fc.array(step, lengths).map((steps) => {
    const asks: ClientCommand[] = [];
    return steps.map(({ actions, ...rest }) => ({
      ...rest,
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
}

export const history = historyOf({ seal: 5, retire: 5, merge: 0 }, { maxLength: 12 });

/** Most rows go to the cold tier soon, and are merged there. */
export const coldHistory = historyOf({ seal: 2, retire: 2, merge: 2 }, { minLength: 8, maxLength: 20 });

function changed(command: Extract<Command, { readonly dedup: unknown }>): ClientCommand {
  return { ...command, dedup: { ...command.dedup, fingerprint: new Uint8Array(8).fill(0xff) } };
}
