// SPDX-License-Identifier: Apache-2.0
import type { CallOptions } from '../ports/shards.ts';
import { acceptLink, createCommand } from './create-commands.ts';
import type { CreateContext } from './create-commands.ts';
import { addTogether } from './create-links.ts';
import { propose, splitByBytes, splitByCount, unitsOf } from './create-proposals.ts';
import type { CreateOutcome, CreateRow, CreateUnit } from './create-proposals.ts';
import type { ServiceDependencies } from './dependencies.ts';
import { requestKey } from './idempotency.ts';
import type { LinkPolicy, NewLink } from './link-input.ts';
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
    const proposals = groupRows(context, rows, settle).map(async ({ shard, units }) => {
      let outcomes = await propose(context, shard, { units, deadlineMs });
      if (units.length > 1 && isRefused(outcomes)) {
        const alone = units.map((unit) => propose(context, shard, { units: [unit], deadlineMs }));
        outcomes = new Map((await Promise.all(alone)).flatMap((outcome) => [...outcome]));
      }
      for (const [row, outcome] of outcomes) settle(row, outcome);
    });
    await Promise.all(proposals);
  };
}

/** The whole proposal was refused for what one of its commands is; the others must not suffer for it. */
function isRefused(outcomes: ReadonlyMap<number, CreateOutcome>): boolean {
  const [first] = outcomes.values();
  return first !== undefined && !first.ok && first.error.kind === 'invalid';
}

interface Group {
  readonly shard: number;
  readonly units: readonly CreateUnit[];
}

function groupRows(
  context: CreateContext,
  rows: readonly SingleCreate[],
  settle: (row: number, outcome: CreateOutcome) => void,
): readonly Group[] {
  const apart = new Map<number, { readonly shard: number; readonly units: CreateUnit[] }>();
  const togetherByLength = new Map<number, CreateRow[]>();
  for (const [index, { link: asked, idempotencyKey }] of rows.entries()) {
    try {
      const map = currentMap(context.shards);
      const link = acceptLink(context, asked);
      if (link.code === undefined && idempotencyKey === undefined) {
        addTogether(togetherByLength, link.codeLength ?? context.policy.codeLength, { index, link });
        continue;
      }
      const key = requestKey(idempotencyKey, context.random);
      const command = createCommand(context, map, { link, key, row: 0 });
      const shard = shardOfCommand(map, command);
      // A shard that has no free codes of one length refuses the proposal, so lengths do not share one.
      const groupKey = shard * codeLengthSpan + (command.generated ? command.codeLength : 0);
      const unit = { command, rows: [{ index, link }] };
      const group = apart.get(groupKey);
      if (group === undefined) apart.set(groupKey, { shard, units: [unit] });
      else group.units.push(unit);
    } catch (error) {
      settle(index, { ok: false, error: asServiceError(error) });
    }
  }
  return [...groupsTogether(context, togetherByLength), ...[...apart.values()].flatMap(splitGroup)];
}

function groupsTogether(context: CreateContext, togetherByLength: ReadonlyMap<number, readonly CreateRow[]>): Group[] {
  const units = [...togetherByLength].flatMap(([codeLength, rows]) =>
    unitsOf(context, rows, { codeLength, rowsMax: rowsPerProposalMax }),
  );
  return units.map((unit) => ({ shard: shardOfCommand(currentMap(context.shards), unit.command), units: [unit] }));
}

function splitGroup({ shard, units }: Group): Group[] {
  return splitByBytes(units, ({ rows }) => rows.map(({ link }) => link))
    .flatMap((part) => splitByCount(part, rowsPerProposalMax))
    .map((part) => ({ shard, units: part }));
}
