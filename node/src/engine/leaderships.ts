// SPDX-License-Identifier: Apache-2.0
import type { ShardId } from '@shortlink/common/ids.ts';
import type { Host } from './host/host.ts';
import type { Replica } from './host/replica.ts';

export function leads(host: Host, shard: ShardId): boolean {
  return host.replicasByShard.get(shard)?.isLeader === true;
}

/** Asks the best successor of every group that this node leads to take over; true when there is none left to hand over. */
export function handOverLeaderships(host: Host): boolean {
  let open = false;
  for (const replica of host.replicasByShard.values()) {
    if (!replica.isLeader) continue;
    const successor = bestSuccessor(replica);
    if (successor === undefined) continue;
    open = true;
    replica.raw.transferLeader(successor);
    host.activate(replica);
  }
  return !open;
}

export interface Drainable {
  readonly host: Host;
  onNextTick(run: () => void): void;
}

/** Hands over until nothing is left or `ticks` have passed. */
export async function drainLeaderships(node: Drainable, ticks: number): Promise<void> {
  for (let left = ticks; left > 0 && !handOverLeaderships(node.host); left--) {
    await new Promise<void>((resolve) => node.onNextTick(resolve));
  }
}

function bestSuccessor(replica: Replica): number | undefined {
  const { progress, confState } = replica.fullStatus();
  return progress
    .filter((p) => p.id !== replica.key.replicaId && p.recentActive && !p.isLearner && confState.voters.includes(p.id))
    .sort((a, b) => b.match - a.match)[0]?.id;
}
