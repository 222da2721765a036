// SPDX-License-Identifier: Apache-2.0
import { defined } from '@shortlink/common/assert.ts';
import { limits } from '@shortlink/common/limits.ts';
import type { ClusterMap } from '../core/cluster/cluster-map.ts';
import { acceptLink, createCommand } from './create-commands.ts';
import type { CreateContext } from './create-commands.ts';
import { propose, splitByBytes, unitsByShard, unitsOf } from './create-proposals.ts';
import type { CreateOutcome, CreateRow, CreateUnit } from './create-proposals.ts';
import type { MutationOptions } from './dependencies.ts';
import { requestKey } from './idempotency.ts';
import type { NewLink } from './link-input.ts';
import { currentMap } from './placement.ts';
import { asServiceError } from './results.ts';

/** One proposal per shard (more only when its bytes would not fit), and one outcome per row in the order of the rows. */
export async function createLinks(
  context: CreateContext,
  links: readonly NewLink[],
  options: MutationOptions,
): Promise<readonly CreateOutcome[]> {
  const map = currentMap(context.shards);
  const outcomes: (CreateOutcome | undefined)[] = links.map(() => undefined);
  const units = createUnits(context, map, links, {
    options,
    refuse: (index, error) => {
      outcomes[index] = { ok: false, error: asServiceError(error) };
    },
  });
  const deadlineMs = context.clock.monotonicMs() + options.timeoutMs;
  const proposals = [...unitsByShard(map, units)].flatMap(([shard, all]) =>
    splitByBytes(all, ({ rows }) => rows.map(({ link }) => link)).map((part) => ({ shard, units: part })),
  );
  await Promise.all(
    proposals.map(async ({ shard, units: part }) => {
      const answers = await propose(context, shard, { units: part, deadlineMs });
      for (const [index, outcome] of answers) outcomes[index] = outcome;
    }),
  );
  return outcomes.map((outcome) => defined(outcome, 'outcome of a row'));
}

interface Asked {
  readonly options: MutationOptions;
  readonly refuse: (index: number, error: unknown) => void;
}

/** Links that share a minted key go together; with the client's key each row is remembered by itself, wherever it goes. */
function createUnits(
  context: CreateContext,
  map: ClusterMap,
  links: readonly NewLink[],
  { options, refuse }: Asked,
): CreateUnit[] {
  const key = requestKey(options.idempotencyKey, context.random);
  const units: CreateUnit[] = [];
  const togetherByLength = new Map<number, CreateRow[]>();
  for (const [index, asked] of links.entries()) {
    try {
      const link = acceptLink(context, asked);
      if (link.code === undefined && options.idempotencyKey === undefined) {
        addTogether(togetherByLength, link.codeLength ?? context.policy.codeLength, { index, link });
      } else {
        units.push({ command: createCommand(context, map, { link, key, row: index }), rows: [{ index, link }] });
      }
    } catch (error) {
      refuse(index, error);
    }
  }
  for (const [codeLength, rows] of togetherByLength)
    units.push(...unitsOf(context, rows, { codeLength, rowsMax: limits.batchMaxLinks }));
  return units;
}

export function addTogether(togetherByLength: Map<number, CreateRow[]>, codeLength: number, row: CreateRow): void {
  const rows = togetherByLength.get(codeLength);
  if (rows === undefined) togetherByLength.set(codeLength, [row]);
  else rows.push(row);
}
