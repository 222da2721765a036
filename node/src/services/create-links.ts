// SPDX-License-Identifier: Apache-2.0
import { assert, defined } from '@shortlink/common/assert.ts';
import { ByteWriter } from '@shortlink/common/byte-writer.ts';
import { ServiceError } from '@shortlink/common/errors.ts';
import type { ShardId } from '@shortlink/common/ids.ts';
import { limits } from '@shortlink/common/limits.ts';
import type { ClusterMap } from '../core/cluster/cluster-map.ts';
import type { CommandResult, CreateLink } from '../core/statemachine/commands.ts';
import type { MutationOptions, ServiceDependencies } from './dependencies.ts';
import { requestKey, rowDedup, writeOptionalNumber, writeOptionalText } from './idempotency.ts';
import type { RequestKey } from './idempotency.ts';
import {
  anonymousCreatorId,
  checkCodeLength,
  checkCreatorId,
  checkExpiry,
  checkNewCode,
  checkUrl,
} from './link-input.ts';
import type { LinkPolicy, NewLink } from './link-input.ts';
import type { CreateOutcome } from './links.ts';
import { currentMap, shardOfCommand } from './placement.ts';
import { asServiceError, failureOf } from './results.ts';

export interface CreateContext extends ServiceDependencies {
  readonly policy: LinkPolicy;
}

/** Draws of a generated code beyond those of the leader, each a proposal of its own. */
const redrawsMax = 8;
/** Room of a command in a proposal beside its URL: everything else has a small bound. */
const commandOverheadBytes = 1024;

export interface CreateRow {
  /** Whatever the caller tells its rows apart by. */
  readonly index: number;
  readonly command: CreateLink;
}

/** One proposal per shard (more only when its bytes would not fit), and one outcome per row in the order of the rows. */
export async function createLinks(
  context: CreateContext,
  links: readonly NewLink[],
  options: MutationOptions,
): Promise<readonly CreateOutcome[]> {
  const map = currentMap(context.shards);
  const key = requestKey(options.idempotencyKey, context.random);
  const outcomes: (CreateOutcome | undefined)[] = links.map(() => undefined);
  const rowsByShard = new Map<ShardId, CreateRow[]>();
  for (const [index, link] of links.entries()) {
    try {
      const command = createCommand(context, map, { link, index, key });
      const shard = shardOfCommand(map, command);
      const rows = rowsByShard.get(shard);
      if (rows === undefined) rowsByShard.set(shard, [{ index, command }]);
      else rows.push({ index, command });
    } catch (error) {
      outcomes[index] = { ok: false, error: asServiceError(error) };
    }
  }
  const proposals = [...rowsByShard].flatMap(([shard, rows]) =>
    splitByBytes(rows).map((part) => ({ shard, rows: part })),
  );
  const deadlineMs = context.clock.monotonicMs() + options.timeoutMs;
  await Promise.all(
    proposals.map(async ({ shard, rows }) => {
      for (const [index, outcome] of await propose(context, shard, { rows, deadlineMs })) outcomes[index] = outcome;
    }),
  );
  return outcomes.map((outcome) => defined(outcome, 'outcome of a row'));
}

interface NewRow {
  readonly link: NewLink;
  readonly index: number;
  readonly key: RequestKey;
}

/** `index` and `key` are the identity of the row. @throws ServiceError invalid */
export function createCommand(
  { policy, clock, sha256 }: CreateContext,
  map: ClusterMap,
  { link, index, key }: NewRow,
): CreateLink {
  const { code, codeLength, expiresAtMs, creatorId } = link;
  const url = checkUrl(link.url, policy);
  if (code !== undefined) checkNewCode(code);
  if (codeLength !== undefined) checkCodeLength(codeLength);
  if (code !== undefined && codeLength !== undefined) {
    throw new ServiceError('invalid', 'give a code or the length of a generated one, not both', {
      field: 'codeLength',
    });
  }
  if (expiresAtMs !== undefined) checkExpiry(expiresAtMs, clock.nowMs());
  if (creatorId !== undefined) checkCreatorId(creatorId);
  // As asked, before defaults: a default that changes between two tries must not make them different questions.
  const canonical = new ByteWriter().text('createLink').text(url);
  writeOptionalText(canonical, code);
  writeOptionalNumber(canonical, codeLength);
  writeOptionalNumber(canonical, expiresAtMs);
  writeOptionalText(canonical, creatorId);
  return {
    type: 'createLink',
    dedup: rowDedup(sha256, key, index, canonical),
    code,
    generated: code === undefined,
    codeLength: codeLength ?? policy.codeLength,
    url,
    creatorId: creatorId ?? anonymousCreatorId,
    expiresAtMs,
    reuseDeadCodes: map.policy.reuseDeadCodes,
  };
}

/** A batch of long URLs can be larger than a proposal may be. */
export function splitByBytes(rows: readonly CreateRow[]): readonly (readonly CreateRow[])[] {
  const parts: CreateRow[][] = [];
  let part: CreateRow[] = [];
  let bytes = 0;
  for (const row of rows) {
    const rowBytes = row.command.url.length + commandOverheadBytes;
    if (part.length > 0 && bytes + rowBytes > limits.proposalMaxBytes) {
      parts.push(part);
      part = [];
      bytes = 0;
    }
    part.push(row);
    bytes += rowBytes;
  }
  parts.push(part);
  return parts;
}

interface Proposal {
  readonly rows: readonly CreateRow[];
  readonly deadlineMs: number;
}

/** One proposal, and further ones for rows whose generated code was taken meanwhile. An outcome for each row's index. */
export async function propose(
  context: CreateContext,
  shard: ShardId,
  { rows, deadlineMs }: Proposal,
): Promise<Map<number, CreateOutcome>> {
  const outcomes = new Map<number, CreateOutcome>();
  let open = rows;
  for (let draw = 0; open.length > 0; draw++) {
    const timeoutMs = Math.max(1, deadlineMs - context.clock.monotonicMs());
    let results: readonly CommandResult[];
    try {
      results = await context.shards.write(
        shard,
        open.map((row) => row.command),
        { timeoutMs },
      );
    } catch (error) {
      const failure = asServiceError(error);
      for (const row of open) outcomes.set(row.index, { ok: false, error: failure });
      return outcomes;
    }
    assert(results.length === open.length, `${results.length} results for ${open.length} commands`);
    const again: CreateRow[] = [];
    for (const [i, row] of open.entries()) {
      const result = defined(results[i], 'result of a command');
      if (result.kind === 'redraw' && draw < redrawsMax) again.push(row);
      else outcomes.set(row.index, outcomeOf(result));
    }
    open = again;
  }
  return outcomes;
}

function outcomeOf(result: CommandResult): CreateOutcome {
  return result.kind === 'link' ? { ok: true, link: result.link } : { ok: false, error: failureOf(result) };
}
