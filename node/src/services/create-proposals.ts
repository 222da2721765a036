// SPDX-License-Identifier: Apache-2.0
import { assert, defined, InvariantError } from '@shortlink/common/assert.ts';
import { fromUtf8 } from '@shortlink/common/bytes.ts';
import { ServiceError } from '@shortlink/common/errors.ts';
import type { ShardId } from '@shortlink/common/ids.ts';
import { limits } from '@shortlink/common/limits.ts';
import type { ClusterMap } from '../core/cluster/cluster-map.ts';
import { codeAt } from '../core/statemachine/code-list.ts';
import type { CommandResult, CreatedLinks, CreateLink, CreateLinks, Link } from '../core/statemachine/commands.ts';
import { freshLink } from '../core/statemachine/fresh-link.ts';
import { createTogether } from './create-commands.ts';
import type { AcceptedLink, CreateContext } from './create-commands.ts';
import { anonymousCreatorId } from './link-input.ts';
import { currentMap, shardOfCommand } from './placement.ts';
import { asServiceError, failureOf } from './results.ts';

export type CreateOutcome =
  | { readonly ok: true; readonly link: Link }
  | { readonly ok: false; readonly error: ServiceError };

/** Draws of a generated code beyond those of the leader, each a proposal of its own. */
const redrawsMax = 8;
/** Room of a row in a proposal beside its URL: everything else has a small bound. */
const rowOverheadBytes = 1024;

export interface CreateRow {
  /** Whatever the caller tells its rows apart by. */
  readonly index: number;
  readonly link: AcceptedLink;
}

/** A command and the rows that its result answers. */
export interface CreateUnit {
  readonly command: CreateLink | CreateLinks;
  readonly rows: readonly CreateRow[];
}

/** A batch of long URLs can be larger than a proposal may be. */
export function splitByBytes<T>(items: readonly T[], linksOf: (item: T) => readonly AcceptedLink[]): readonly T[][] {
  const parts: T[][] = [];
  let part: T[] = [];
  let bytes = 0;
  for (const item of items) {
    const itemBytes = linksOf(item).reduce((sum, link) => sum + link.url.length + rowOverheadBytes, 0);
    if (part.length > 0 && bytes + itemBytes > limits.proposalMaxBytes) {
      parts.push(part);
      part = [];
      bytes = 0;
    }
    part.push(item);
    bytes += itemBytes;
  }
  parts.push(part);
  return parts;
}

/** Rows that share one command, as many as fit it. */
export function unitsOf(
  context: CreateContext,
  rows: readonly CreateRow[],
  { codeLength, rowsMax }: { readonly codeLength: number; readonly rowsMax: number },
): CreateUnit[] {
  return splitByBytes(rows, ({ link }) => [link])
    .flatMap((part) => splitByCount(part, rowsMax))
    .map((part) => unitOf(context, part, codeLength));
}

function unitOf(context: CreateContext, rows: readonly CreateRow[], codeLength: number): CreateUnit {
  const links = rows.map(({ link }) => link);
  return { command: createTogether(context, links, codeLength), rows };
}

export function splitByCount<T>(items: readonly T[], max: number): readonly (readonly T[])[] {
  if (items.length <= max) return [items];
  const parts: (readonly T[])[] = [];
  for (let at = 0; at < items.length; at += max) parts.push(items.slice(at, at + max));
  return parts;
}

/** Units by the shard that their commands go to. */
export function unitsByShard(map: ClusterMap, units: readonly CreateUnit[]): ReadonlyMap<ShardId, CreateUnit[]> {
  return Map.groupBy(units, ({ command }) => shardOfCommand(map, command));
}

interface Proposal {
  readonly units: readonly CreateUnit[];
  readonly deadlineMs: number;
  /** Times that these rows were proposed before. */
  readonly draw?: number;
}

/** One proposal, and further ones for rows whose generated code was taken meanwhile. An outcome for each row's index. */
export async function propose(
  context: CreateContext,
  shard: ShardId,
  { units, deadlineMs, draw = 0 }: Proposal,
): Promise<Map<number, CreateOutcome>> {
  const outcomes = new Map<number, CreateOutcome>();
  const timeoutMs = Math.max(1, deadlineMs - context.clock.monotonicMs());
  let results: readonly CommandResult[];
  try {
    results = await context.shards.write(
      shard,
      units.map(({ command }) => command),
      { timeoutMs },
    );
  } catch (error) {
    failAll(units, asServiceError(error), outcomes);
    return outcomes;
  }
  assert(results.length === units.length, `${results.length} results for ${units.length} commands`);
  const again = units.flatMap((unit, i) => settleUnit(context, unit, defined(results[i], 'result'), outcomes));
  if (draw === redrawsMax) {
    failAll(again, failureOf({ kind: 'redraw' }), outcomes);
    return outcomes;
  }
  for (const [other, open] of unitsByShard(currentMap(context.shards), again)) {
    const more = await propose(context, other, { units: open, deadlineMs, draw: draw + 1 });
    for (const [index, outcome] of more) outcomes.set(index, outcome);
  }
  return outcomes;
}

function failAll(units: readonly CreateUnit[], error: ServiceError, outcomes: Map<number, CreateOutcome>): void {
  for (const { rows } of units) for (const { index } of rows) outcomes.set(index, { ok: false, error });
}

/** Takes the answers; what is to be proposed again comes back. */
function settleUnit(
  context: CreateContext,
  unit: CreateUnit,
  result: CommandResult,
  outcomes: Map<number, CreateOutcome>,
): CreateUnit[] {
  const { command, rows } = unit;
  if (command.type === 'createLinks' && result.kind === 'linksCreated') {
    const redraw = settleRows(rows, result.created, outcomes);
    // Under another key, maybe in another shard: this one's answer stands, and says that those rows were not created.
    return redraw.length === 0 ? [] : [unitOf(context, redraw, command.codeLength)];
  }
  if (command.type === 'createLink' && result.kind === 'redraw') return [unit];
  const outcome: CreateOutcome =
    result.kind === 'link' ? { ok: true, link: result.link } : { ok: false, error: failureOf(result) };
  for (const { index } of rows) outcomes.set(index, outcome);
  return [];
}

/** The rows whose codes were taken meanwhile come back. */
function settleRows(
  rows: readonly CreateRow[],
  created: CreatedLinks,
  outcomes: Map<number, CreateOutcome>,
): CreateRow[] {
  const redraw: CreateRow[] = [];
  const failed = created.notCreated.values();
  let failure = failed.next().value;
  let revision = created.firstRevision;
  for (const [place, row] of rows.entries()) {
    if (failure?.row !== place) {
      outcomes.set(row.index, { ok: true, link: linkOf(row.link, created, { place, revision: revision++ }) });
      continue;
    }
    if (failure.reason === 'redraw') redraw.push(row);
    else outcomes.set(row.index, { ok: false, error: codesExhausted() });
    failure = failed.next().value;
  }
  return redraw;
}

function linkOf(
  { url, creatorId = anonymousCreatorId, expiresAtMs }: AcceptedLink,
  { codes, codeLength, createdAtMs }: CreatedLinks,
  { place, revision }: { readonly place: number; readonly revision: number },
): Link {
  const code = codeAt(codes, codeLength, place);
  if (code === undefined) throw new InvariantError(`link ${place} was created without a code`);
  return freshLink({ code: fromUtf8(code), url, creatorId, createdAtMs, expiresAtMs, revision });
}

function codesExhausted(): ServiceError {
  return new ServiceError('invalid', 'all codes of this length are taken here; ask for longer ones');
}
