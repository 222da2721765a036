// SPDX-License-Identifier: Apache-2.0
import { CliError } from '@shortlink/common/cli/exit-codes.ts';
import type { ShortLinkCluster } from '../crd/shortlink-cluster.gen.ts';
import { shardName } from '../plan/disruption.ts';
import type { StoreNode, StoreShard, StoreState } from '../plan/observed.ts';
import { sleep } from '../runtime/waiting.ts';
import { askCluster } from './ask-cluster.ts';
import { podNamed } from './node-names.ts';
import type { Session } from './session.ts';

const pollMs = 500;

interface Move {
  readonly session: Session;
  readonly cluster: ShortLinkCluster;
  /** As it was typed. */
  readonly node: string;
  /** Which shards are to be led there, of the ones that are not yet. @throws CliError */
  readonly choose: (state: StoreState, node: StoreNode) => readonly StoreShard[];
}

/**
 * Hands leaderships over and waits until the node has them. The order needs no epoch: a leader gives up only to a voter that is
 * up to date, so that it harms nobody when it comes late.
 */
export async function moveLeaders({ session, cluster, node: text, choose }: Move, signal: AbortSignal) {
  const pod = podNamed(cluster, text);
  const { store, address, state } = await askCluster(session, cluster, signal);
  const node = state.nodes.find(({ name, isDraining }) => name === pod && !isDraining);
  if (node === undefined) throw new CliError('conflict', `${pod} is no member of the cluster, or is on its way out`);
  if (node.liveness !== 'alive') throw new CliError('conflict', `${pod} is ${node.liveness}: it can lead nothing`);
  const moved = choose(state, node);
  for (const shard of moved)
    await store.order(
      address,
      { kind: 'transferLeadership', shard: shard.id, toNodeId: node.id },
      state.operatorEpoch,
      signal,
    );
  await waitFor({ session, cluster, shards: moved.map(({ id }) => id), node }, signal);
  return { node: pod, moved: moved.map(({ id }) => id) };
}

interface Awaited {
  readonly session: Session;
  readonly cluster: ShortLinkCluster;
  readonly shards: readonly number[];
  readonly node: StoreNode;
}

async function waitFor({ session, cluster, shards, node }: Awaited, signal: AbortSignal): Promise<void> {
  // Once led there, it counts: the cluster spreads leaderships, and may take one away again.
  const missing = new Set(shards);
  while (missing.size > 0) {
    const { state } = await askCluster(session, cluster, signal);
    for (const shard of state.shards) if (shard.leaderNodeId === node.id) missing.delete(shard.id);
    if (missing.size > 0) await sleep(session.clock, pollMs, signal);
  }
}

export function votesFor(shard: StoreShard, node: StoreNode): boolean {
  return shard.replicas.some(({ nodeId, isLearner }) => nodeId === node.id && !isLearner);
}

/** The shard that is meant, when the node can lead it. @throws CliError */
export function shardToMove(state: StoreState, node: StoreNode, id: number): StoreShard {
  const shard = state.shards.find((one) => one.id === id);
  if (shard === undefined)
    throw new CliError('notFound', `there is no shard ${id}; status shows them, and 0 is the meta group`);
  if (votesFor(shard, node)) return shard;
  const voters = state.nodes.filter((one) => votesFor(shard, one)).map(({ name }) => name);
  throw new CliError('conflict', `${node.name} does not vote in ${shardName(id)}; ${voters.join(', ')} do`);
}
