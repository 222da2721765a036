// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import { create } from '@bufbuild/protobuf';
import { ChannelCredentials, Client } from '@grpc/grpc-js';
import {
  AdminService,
  GetStatusRequestSchema,
  TransferLeadershipRequestSchema,
  type GetStatusResponse,
} from '@shortlink/proto/admin.ts';
import { serviceClient } from '@shortlink/proto/grpc-service.ts';
import type { DevCluster, NodeOfCluster } from './dev-cluster.ts';

/** The only shard of the clusters that the benchmarks start. */
const shardId = 1;
const limitMs = 20_000;
const pollMs = 200;

/** The node that leads the shard, and those that do not. */
export async function rolesOf(cluster: DevCluster): Promise<{ leader: NodeOfCluster; followers: NodeOfCluster[] }> {
  const giveUpMs = performance.now() + limitMs;
  for (;;) {
    const found = await Promise.all(cluster.nodes.map(leadsShard));
    const leader = cluster.nodes.find((_, i) => found[i] === true);
    if (leader !== undefined) return { leader, followers: cluster.nodes.filter((node) => node !== leader) };
    if (performance.now() > giveUpMs) throw new Error(`shard ${shardId} has no leader`);
    await sleep(pollMs);
  }
}

/** Moves the leadership of the shard to a node and waits until it leads. */
export async function makeLeader(node: NodeOfCluster): Promise<void> {
  const giveUpMs = performance.now() + limitMs;
  while (!(await leadsShard(node))) {
    if (performance.now() > giveUpMs) throw new Error(`${node.name} does not become the leader of shard ${shardId}`);
    await withAdmin(node, async (admin) => {
      const { nodeId } = await admin.getStatus(create(GetStatusRequestSchema));
      await admin.transferLeadership(create(TransferLeadershipRequestSchema, { shardId, toNodeId: nodeId }));
    }).catch(() => undefined);
    await sleep(pollMs);
  }
}

async function leadsShard(node: NodeOfCluster): Promise<boolean> {
  try {
    const status = await withAdmin(node, (admin) => admin.getStatus(create(GetStatusRequestSchema)));
    return leads(status);
  } catch {
    return false;
  }
}

function leads(status: GetStatusResponse): boolean {
  return status.leaders.some((leader) => leader.shardId === shardId && leader.nodeId === status.nodeId);
}

type Admin = ReturnType<typeof serviceClient<typeof AdminService>>;

async function withAdmin<T>(node: NodeOfCluster, use: (admin: Admin) => Promise<T>): Promise<T> {
  const client = new Client(node.grpc, ChannelCredentials.createInsecure());
  try {
    return await use(serviceClient(AdminService, client));
  } finally {
    client.close();
  }
}
