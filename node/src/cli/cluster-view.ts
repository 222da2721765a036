// SPDX-License-Identifier: Apache-2.0
import { callApi, type Api } from './api-client.ts';
import { CliError } from '@shortlink/common/cli/exit-codes.ts';
import { isRecord, recordsOf, textOf, type JsonRecord } from '@shortlink/common/cli/json.ts';

export interface NodeView {
  readonly id: string;
  readonly name: string;
  readonly zone: string;
  readonly state: string;
  /** host:port of its listeners. */
  readonly addresses: JsonRecord;
}

export interface ShardView {
  readonly id: string;
  readonly replicas: readonly { readonly nodeId: string; readonly role: string }[];
  readonly leaderNodeId: string | undefined;
}

/** What the commands need of GET /api/v1/cluster. */
export interface ClusterView {
  /** The answer as it came. */
  readonly raw: JsonRecord;
  readonly clusterId: string;
  /** The node that answered. */
  readonly selfNodeId: string | undefined;
  readonly nodes: readonly NodeView[];
  readonly shards: readonly ShardView[];
}

export async function readCluster(api: Api): Promise<ClusterView> {
  const raw = await callApi(api, { method: 'GET', path: ['cluster'] });
  if (!isRecord(raw)) throw new CliError('failed', 'the API said nothing about the cluster');
  const clusterId = textOf(raw['clusterId']);
  const self = isRecord(raw['self']) ? raw['self'] : {};
  if (clusterId === undefined) {
    const waiting = textOf(self['waitingFor']);
    throw new CliError('unavailable', `there is no cluster yet: ${waiting ?? 'it has not formed'}`);
  }
  const meta = { id: 0, leaderNodeId: raw['metaLeaderNodeId'], replicas: raw['meta'] };
  const shards = [meta, ...recordsOf(raw['shards'])].map(shardView);
  const nodes = recordsOf(raw['nodes']).map(nodeView);
  return { raw, clusterId, selfNodeId: textOf(self['nodeId']), nodes, shards };
}

function nodeView(node: JsonRecord): NodeView {
  const addresses = node['addresses'];
  return {
    id: textOf(node['id']) ?? '',
    name: textOf(node['name']) ?? '',
    zone: textOf(node['zone']) ?? '',
    state: stateOf(node),
    addresses: isRecord(addresses) ? addresses : {},
  };
}

/** `active`, and what is wrong with the node if anything is. */
function stateOf(node: JsonRecord): string {
  const liveness = textOf(node['liveness']) ?? 'ALIVE';
  return [textOf(node['state']) ?? '', ...(liveness === 'ALIVE' ? [] : [liveness])].join(' ');
}

function shardView(shard: JsonRecord): ShardView {
  return {
    id: textOf(shard['id']) ?? '',
    replicas: recordsOf(shard['replicas']).map((one) => ({
      nodeId: textOf(one['nodeId']) ?? '',
      role: textOf(one['role']) ?? '',
    })),
    leaderNodeId: textOf(shard['leaderNodeId']),
  };
}

/** The node that a user means by its id or its name. @throws CliError */
export function findNode(cluster: ClusterView, idOrName: string): NodeView {
  const found = cluster.nodes.filter((node) => node.id === idOrName || node.name === idOrName);
  const [node] = found;
  if (node === undefined) {
    const known = cluster.nodes.map((one) => one.name).join(', ');
    throw new CliError('notFound', `there is no node ${JSON.stringify(idOrName)}; the cluster has ${known}`);
  }
  if (found.length > 1) throw new CliError('usage', `${found.length} nodes are called ${idOrName}; name one by its id`);
  return node;
}

/** The API of a node as the cluster knows it, over the scheme that the user came with. */
export function endpointOf(api: Api, node: NodeView): string {
  const scheme = api.endpoints[0]?.startsWith('https:') === true ? 'https' : 'http';
  return `${scheme}://${textOf(node.addresses['api']) ?? ''}`;
}

/** Replicas that still lie on a node, the meta group's included. */
export function replicasOn(cluster: ClusterView, nodeId: string): number {
  return cluster.shards.flatMap((shard) => shard.replicas).filter((replica) => replica.nodeId === nodeId).length;
}
