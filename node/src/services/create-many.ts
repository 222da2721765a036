// SPDX-License-Identifier: Apache-2.0
import type { CallOptions } from '../ports/shards.ts';
import { createCommand, propose, splitByBytes } from './create-links.ts';
import type { CreateContext, CreateRow } from './create-links.ts';
import type { ServiceDependencies } from './dependencies.ts';
import { requestKey } from './idempotency.ts';
import type { LinkPolicy, NewLink } from './link-input.ts';
import type { CreateOutcome } from './links.ts';
import { currentMap, shardOfCommand } from './placement.ts';
import { asServiceError } from './results.ts';

/** A create of its own, with its own idempotency key: what it answers does not depend on what it is grouped with. */
export interface SingleCreate {
  readonly link: NewLink;
  /** The client's; undefined: one is minted. */
  readonly idempotencyKey: string | undefined;
}

/**
 * Creates links of any number of requests with few proposals. `settle` is called once for each row, as soon as the
 * row's own proposal has an answer: a slow shard does not hold up the rows of the others. Rejects for defects only.
 */
export type CreateMany = (
  rows: readonly SingleCreate[],
  options: CallOptions,
  settle: (row: number, outcome: CreateOutcome) => void,
) => Promise<void>;

/** Rows that one entry applies in about a millisecond; a longer one would hold up everything else of its node. */
const rowsPerProposalMax = 256;
/** More than the longest generated code. */
const codeLengthSpan = 256;

export function newCreateMany(dependencies: ServiceDependencies, policy: LinkPolicy): CreateMany {
  const context = { ...dependencies, policy };
  return async (rows, { timeoutMs }, settle) => {
    const deadlineMs = context.clock.monotonicMs() + timeoutMs;
    const proposals = groupRows(context, rows, settle).map(async ({ shard, rows: group }) => {
      let outcomes = await propose(context, shard, { rows: group, deadlineMs });
      if (group.length > 1 && isRefused(outcomes)) {
        const alone = group.map((row) => propose(context, shard, { rows: [row], deadlineMs }));
        outcomes = new Map((await Promise.all(alone)).flatMap((outcome) => [...outcome]));
      }
      for (const [row, outcome] of outcomes) settle(row, outcome);
    });
    await Promise.all(proposals);
  };
}

/** The whole proposal was refused for what one of its rows is; the others must not suffer for it. */
function isRefused(outcomes: ReadonlyMap<number, CreateOutcome>): boolean {
  const [first] = outcomes.values();
  return first !== undefined && !first.ok && first.error.kind === 'invalid';
}

interface Group {
  readonly shard: number;
  readonly rows: readonly CreateRow[];
}

function groupRows(
  context: CreateContext,
  rows: readonly SingleCreate[],
  settle: (row: number, outcome: CreateOutcome) => void,
): readonly Group[] {
  const groups = new Map<number, { readonly shard: number; readonly rows: CreateRow[] }>();
  for (const [index, { link, idempotencyKey }] of rows.entries()) {
    try {
      const map = currentMap(context.shards);
      const key = requestKey(idempotencyKey, context.random);
      const command = createCommand(context, map, { link, index: 0, key });
      const shard = shardOfCommand(map, command);
      // A shard that has no free codes of one length refuses the proposal, so lengths do not share one.
      const groupKey = shard * codeLengthSpan + (command.generated ? command.codeLength : 0);
      const group = groups.get(groupKey);
      if (group === undefined) groups.set(groupKey, { shard, rows: [{ index, command }] });
      else group.rows.push({ index, command });
    } catch (error) {
      settle(index, { ok: false, error: asServiceError(error) });
    }
  }
  return [...groups.values()].flatMap(({ shard, rows: all }) =>
    splitByBytes(all)
      .flatMap(splitByRows)
      .map((part) => ({ shard, rows: part })),
  );
}

function splitByRows(rows: readonly CreateRow[]): readonly (readonly CreateRow[])[] {
  if (rows.length <= rowsPerProposalMax) return [rows];
  const parts: (readonly CreateRow[])[] = [];
  for (let at = 0; at < rows.length; at += rowsPerProposalMax) parts.push(rows.slice(at, at + rowsPerProposalMax));
  return parts;
}
