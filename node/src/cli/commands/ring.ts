// SPDX-License-Identifier: Apache-2.0
import { limits } from '@shortlink/common/limits.ts';
import { callApi } from '../api-client.ts';
import { apiOf, clientFlags, printResult } from '../client-flags.ts';
import { findNode } from '../cluster-view.ts';
import { command } from '@shortlink/common/cli/command.ts';
import { textOf, type JsonRecord } from '@shortlink/common/cli/json.ts';
import { readRing } from '../ring-view.ts';
import type { RingStatus } from '../ring-view.ts';
import { renderPairs, renderTable } from '@shortlink/common/cli/table.ts';

const nodeArgument = { name: 'node', help: 'id or name of the node' } as const;
const shownEvents = 20;

const orderFlags = {
  ...clientFlags,
  epoch: {
    kind: 'int',
    min: 0,
    max: Number.MAX_SAFE_INTEGER,
    help: 'Epoch of the operator that orders it; by default the current one.',
  },
} as const;

export const ringStatus = command({
  path: ['ring', 'status'],
  summary: 'Show which nodes are alive, DOWN or OUT, and what moves and why',
  details: [
    'ALIVE, SUSPECT and DOWN are what the leader of the meta group hears; OUT is decided: others take the place of the node. While the brake is on, nothing moves.',
  ],
  args: [],
  flags: clientFlags,
  run: async ({ flags, io }) => {
    const { status } = await readRing(apiOf(flags));
    printResult(io, flags.output, status, () => statusText(status));
  },
});

export const ringHold = command({
  path: ['ring', 'hold'],
  summary: 'Let a node be away for a while without going OUT',
  details: [
    'For a planned restart that may take longer than ring.outAfterMs. The hold ends with its time, or by ring release.',
  ],
  args: [nodeArgument],
  flags: {
    ...orderFlags,
    for: { kind: 'durationMs', default: 1_800_000, min: 1, max: limits.holdMaxMs, help: 'How long: 30m.' },
  },
  run: async ({ flags, args, io }) => {
    const sent = await order({ ...flags, node: args.node, verb: 'hold', body: { durationMs: flags.for } });
    printResult(io, flags.output, sent, () => `${args.node} may be away for ${flags.for} ms`);
  },
});

export const ringRelease = command({
  path: ['ring', 'release'],
  summary: 'End the hold of a node',
  args: [nodeArgument],
  flags: orderFlags,
  run: async ({ flags, args, io }) => {
    const sent = await order({ ...flags, node: args.node, verb: 'release', body: {} });
    printResult(io, flags.output, sent, () => `${args.node} is expected to be there`);
  },
});

export const ringHasten = command({
  path: ['ring', 'hasten'],
  summary: 'Declare a node gone for good: others take its place at once',
  details: [
    'Refused while the node is alive. Also takes a node out of the count of the brake, so that the rest can heal.',
  ],
  args: [nodeArgument],
  flags: orderFlags,
  run: async ({ flags, args, io }) => {
    const sent = await order({ ...flags, node: args.node, verb: 'hasten', body: {} });
    printResult(io, flags.output, sent, () => `${args.node} is OUT`);
  },
});

interface Order {
  readonly api: readonly string[];
  readonly token: string | undefined;
  readonly timeout: number;
  readonly epoch: number | undefined;
  readonly node: string;
  readonly verb: 'hold' | 'release' | 'hasten';
  readonly body: JsonRecord;
}

/** Under the epoch that is current, so that a person does not push the operator aside. */
async function order({ node: name, verb, body, epoch, ...flags }: Order): Promise<JsonRecord> {
  const api = apiOf(flags);
  const { cluster, status } = await readRing(api);
  const node = findNode(cluster, name);
  const sent = { ...body, operatorEpoch: epoch ?? status.operatorEpoch };
  await callApi(api, { method: 'POST', path: ['admin', 'nodes', `${node.id}:${verb}`], body: sent });
  return { nodeId: node.id, ...sent };
}

function statusText(status: RingStatus): string {
  const { chunks, lastChange } = status;
  const nameOf = (id: unknown): string =>
    textOf(status.nodes.find((node) => node['id'] === id)?.['name']) ?? textOf(id) ?? '';
  const summary = renderPairs({
    epoch: status.epoch,
    'operator epoch': status.operatorEpoch,
    brake: status.brake ?? 'off',
    chunks: `${cell(chunks['total'])}, ${cell(chunks['underReplicated'])} under-replicated, ${cell(chunks['moving'])} moving`,
    'last change': lastChange === null ? undefined : changeText(lastChange),
  });
  const nodes = status.nodes.map((node) => [
    cell(node['name']),
    cell(node['id']),
    cell(node['zone']),
    cell(node['weight']),
    cell(node['state']) + (node['membership'] === 'draining' ? ' (draining)' : ''),
    cell(node['silentMs']),
    cell(node['heldUntil']),
    cell(node['chunksHeld']),
    cell(node['diskFreeBytes']),
    [node['chunkProblem'], node['storeProblem']].flatMap((problem) => textOf(problem) ?? []).join('; '),
  ]);
  const events = status.events
    .slice(-shownEvents)
    .map((event) => [
      cell(event['time']),
      cell(event['ringEpoch']),
      cell(event['kind']),
      nameOf(event['nodeId']),
      cell(event['shard']),
      cell(event['reason']),
    ]);
  const nodeHead = [
    'node',
    'id',
    'zone',
    'weight',
    'state',
    'silent ms',
    'held until',
    'chunks',
    'disk free',
    'problem',
  ];
  return [
    summary,
    renderTable(nodeHead, nodes),
    renderTable(['time', 'epoch', 'event', 'node', 'shard', 'why'], events),
  ].join('\n\n');
}

function changeText(change: JsonRecord): string {
  const percent = (value: unknown): string => `${(Number(value) * 100).toFixed(1)} %`;
  return `moves ${percent(change['movedShare'])} of the copies (one node of equal weight: at most ${percent(change['bound'])})`;
}

function cell(value: unknown): string {
  return textOf(value) ?? '';
}
