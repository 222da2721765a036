// SPDX-License-Identifier: Apache-2.0
import { renderPairs, renderTable } from '@shortlink/common/cli/table.ts';
import type { StatusView } from './status-view.ts';

const shownShards = 32;

/** One cluster on a screen, as people look at it first. */
export function statusText(view: StatusView): string {
  const parts = [renderPairs(summaryOf(view)), nodesTable(view), shardsTable(view)];
  const bad = view.badConditions.map(({ type, status, reason, message }) => [type, status, reason, message]);
  parts.push(
    bad.length === 0 ? 'Every condition is good.' : renderTable(['condition', 'is', 'reason', 'message'], bad),
  );
  return parts.filter((part) => part !== '').join('\n\n');
}

/** Many clusters, a line each. */
export function listText(views: readonly StatusView[]): string {
  const rows = views.map((view) => [
    view.namespace,
    view.name,
    view.phase,
    readyText(view),
    view.shardsWithoutLeader.length === 0
      ? String(view.shardCount)
      : `${view.shardCount} (${view.shardsWithoutLeader.length} without a leader)`,
    view.chunks === null ? '' : String(view.chunks.total ?? 0),
    view.ring === null ? '' : ringText(view.ring),
    view.version ?? '',
    view.plan?.waitingFor ?? view.plan?.step ?? '',
  ]);
  const head = ['namespace', 'name', 'phase', 'ready', 'shards', 'chunks', 'ring', 'version', 'doing'];
  return renderTable(head, rows);
}

function summaryOf(view: StatusView): Record<string, string | undefined> {
  const { chunks, plan, ring, version } = view;
  return {
    cluster: `${view.namespace}/${view.name}`,
    phase: view.isCurrent ? view.phase : `${view.phase} (the operator has not seen the newest spec yet)`,
    ready: readyText(view),
    image: view.image === null ? undefined : `${view.image}${version === null ? '' : ` (version ${version})`}`,
    id: view.clusterID ?? undefined,
    ring: ring === null ? undefined : ringText(ring),
    chunks: chunks === null ? undefined : `${chunks.total ?? 0}, ${chunks.underReplicated ?? 0} under-replicated`,
    uploads: uploadText(view),
    certificates: view.certificates ?? undefined,
    step: plan === null ? 'nothing to do' : (plan.step ?? ''),
    because: plan?.reason,
    'waiting for': plan?.waitingFor,
    since: plan?.since,
    'steps after it': plan?.remaining === undefined || plan.remaining === 0 ? undefined : String(plan.remaining),
  };
}

function readyText({ replicas: { ready, wanted } }: StatusView): string {
  return `${ready}/${wanted}`;
}

function ringText({ epoch, balanced, held }: NonNullable<StatusView['ring']>): string {
  const state = balanced === true ? 'balanced' : 'not balanced';
  return `epoch ${epoch ?? 0}, ${state}${held === undefined ? '' : `, held: ${held}`}`;
}

function uploadText({ upload }: StatusView): string | undefined {
  if (upload === null) return undefined;
  const { reason, requestedAt, completedAt, pendingShards, nextScheduleTime } = upload;
  const last =
    completedAt === undefined
      ? `on its way since ${requestedAt ?? '?'}, ${pendingShards ?? '?'} shards left`
      : `complete at ${completedAt}`;
  const parts = requestedAt === undefined && completedAt === undefined ? [] : [`${reason ?? 'last'}: ${last}`];
  return [...parts, ...(nextScheduleTime === undefined ? [] : [`next at ${nextScheduleTime}`])].join('; ');
}

function nodesTable({ nodes }: StatusView): string {
  if (nodes.length === 0) return '';
  const head = [
    'node',
    'id',
    'zone',
    'state',
    'ready',
    'leads',
    'chunks',
    'version',
    'image',
    'machine',
    'restarts',
    'problem',
  ];
  const rows = nodes.map((node) => [
    node.pod ?? '',
    node.id,
    node.zone ?? '',
    node.state,
    cell(node.ready),
    cell(node.shardsLed),
    cell(node.chunksHeld),
    node.version ?? '',
    node.image ?? '',
    node.machine ?? '',
    cell(node.restarts),
    node.problem ?? '',
  ]);
  return withoutEmptyColumns(head, rows);
}

function shardsTable({ shards, shardCount, shardsWithoutLeader }: StatusView): string {
  if (shards.length === 0) return '';
  // Those without a leader first: they are why somebody looks.
  const sorted = [...shards].sort(
    (a, b) => Number(a.leader !== undefined) - Number(b.leader !== undefined) || a.id - b.id,
  );
  const rows = sorted
    .slice(0, shownShards)
    .map(({ id, leader, voters, learners }) => [String(id), leader ?? 'NONE', cell(voters), cell(learners)]);
  const table = renderTable(['shard', 'leader', 'voters', 'learners'], rows);
  const more = shardCount > rows.length ? [`… ${shardCount - rows.length} more; --output json has all of them`] : [];
  const sick = shardsWithoutLeader.length === 0 ? [] : [`${shardsWithoutLeader.length} shards have no leader`];
  return [table, ...more, ...sick].join('\n');
}

function withoutEmptyColumns(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const isUsed = head.map((_, i) => rows.some((row) => (row[i] ?? '') !== ''));
  const pick = (row: readonly string[]): string[] => row.filter((_, i) => isUsed[i]);
  return renderTable(pick(head), rows.map(pick));
}

function cell(value: number | boolean | null | undefined): string {
  if (value === null || value === undefined) return '';
  return typeof value === 'number' ? String(value) : value ? 'yes' : 'no';
}
