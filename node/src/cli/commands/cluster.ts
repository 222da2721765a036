// SPDX-License-Identifier: Apache-2.0
import { callApi, type Api } from '../api-client.ts';
import { apiOf, clientFlags, printResult } from '../client-flags.ts';
import { endpointOf, findNode, readCluster, replicasOn, type ClusterView, type NodeView } from '../cluster-view.ts';
import { command } from '@shortlink/common/cli/command.ts';
import { CliError } from '@shortlink/common/cli/exit-codes.ts';
import { textOf } from '@shortlink/common/cli/json.ts';
import { renderTable } from '@shortlink/common/cli/table.ts';

const nodeArgument = { name: 'node', help: 'id or name of the node' } as const;

export const infoCommand = command({
  path: ['info'],
  summary: 'Show the nodes and shards of the cluster',
  args: [],
  flags: clientFlags,
  run: async ({ flags, io }) => {
    const cluster = await readCluster(apiOf(flags));
    printResult(io, flags.output, cluster.raw, () => infoText(cluster));
  },
});

function infoText(cluster: ClusterView): string {
  const nodes = cluster.nodes.map((node) => {
    const leads = cluster.shards.filter((shard) => shard.leaderNodeId === node.id).length;
    const addresses = ['redirect', 'api', 'grpc', 'peer'].map((name) => textOf(node.addresses[name]) ?? '');
    return [
      node.name,
      node.id,
      node.zone,
      node.state,
      String(replicasOn(cluster, node.id)),
      String(leads),
      ...addresses,
    ];
  });
  const nameOf = (id: string | undefined): string =>
    cluster.nodes.find((node) => node.id === id)?.name ?? id ?? 'unknown';
  const shards = cluster.shards.map((shard) => [
    shard.id === '0' ? '0 (meta)' : shard.id,
    nameOf(shard.leaderNodeId),
    shard.replicas.map((one) => `${nameOf(one.nodeId)}${one.role === 'voter' ? '' : ` (${one.role})`}`).join(', '),
  ]);
  return [
    `cluster ${cluster.clusterId}`,
    renderTable(['node', 'id', 'zone', 'state', 'replicas', 'leads', 'redirect', 'api', 'grpc', 'peer'], nodes),
    renderTable(['shard', 'leader', 'replicas'], shards),
  ].join('\n\n');
}

export const pingCommand = command({
  path: ['ping'],
  summary: 'Ask every node of the cluster for an answer and show how long it took',
  args: [],
  flags: clientFlags,
  run: async ({ flags, io }) => {
    const api = apiOf(flags);
    const cluster = await readCluster(api);
    const results = await Promise.all(cluster.nodes.map((node) => pingNode(api, node)));
    printResult(io, flags.output, results, () =>
      renderTable(
        ['node', 'api', 'ms', 'problem'],
        results.map((one) => [one.name, one.api, one.ms?.toFixed(1) ?? '', one.problem ?? '']),
      ),
    );
    const silent = results.filter((one) => one.problem !== undefined).map((one) => one.name);
    if (silent.length > 0) throw new CliError('unavailable', `no answer from ${silent.join(', ')}`);
  },
});

async function pingNode(api: Api, node: NodeView) {
  const endpoint = endpointOf(api, node);
  const started = performance.now();
  try {
    await callApi(
      { ...api, endpoints: [endpoint], timeoutMs: Math.min(api.timeoutMs, 2000) },
      { method: 'GET', path: ['cluster'] },
    );
    return { name: node.name, api: endpoint, ms: performance.now() - started, problem: undefined };
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    return { name: node.name, api: endpoint, ms: undefined, problem: error.message };
  }
}

export const transferCommand = command({
  path: ['transfer'],
  summary: 'Hand the leadership of a shard to a node',
  args: [{ name: 'shard', help: 'number of the shard; 0 is the meta group' }, nodeArgument],
  flags: clientFlags,
  run: async ({ flags, args, io }) => {
    const api = apiOf(flags);
    const node = findNode(await readCluster(api), args.node);
    const path = ['admin', 'shards', `${args.shard}:transfer`];
    const answer = await callApi(api, { method: 'POST', path, body: { toNodeId: node.id } });
    printResult(io, flags.output, answer, () => `asked the leader of shard ${args.shard} to hand over to ${node.name}`);
  },
});
