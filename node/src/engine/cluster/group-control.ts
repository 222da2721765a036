// SPDX-License-Identifier: Apache-2.0
import type { ReplicaId, ShardId } from '@shortlink/common/ids.ts';
import { decodeJson, encodeJson } from '../../core/cluster/map-codec.ts';
import type { GroupObservation } from '../../core/cluster/group-view.ts';
import { confChangeV2 } from '../../core/raft/conf-change.ts';
import type { ConfChangeSingle } from '../../core/raft/conf-change.ts';
import type { RingReport } from '../../ports/ring-report.ts';
import type { Host } from '../host/host.ts';
import type { Replica } from '../host/replica.ts';
import { explain } from '../requests.ts';
import type { Answer } from '../requests.ts';

/** Orders to the leader of a group, from the node that leads the meta group. */
export type GroupOrder =
  | { readonly type: 'observe' }
  /** Of the meta group's leader: what it knows of the ring. */
  | { readonly type: 'ring' }
  | { readonly type: 'confChange'; readonly changes: readonly ConfChangeSingle[] }
  | { readonly type: 'transfer'; readonly to: ReplicaId };

export function encodeOrder(order: GroupOrder): Uint8Array {
  return encodeJson(order);
}

export function decodeRingReport(bytes: Uint8Array): RingReport {
  return decodeJson(bytes) as RingReport;
}

export function decodeObservation(bytes: Uint8Array): GroupObservation {
  return decodeJson(bytes) as GroupObservation;
}

export interface ControlOptions {
  readonly host: Host;
  readonly replica: Replica;
  /** Undefined on every node but the leader of the meta group. */
  readonly ringReport: () => RingReport | undefined;
}

/** Executes an order at the leader; a configuration change is only proposed here, and observed later. */
export function controlGroup({ host, replica, ringReport }: ControlOptions, payload: Uint8Array, answer: Answer): void {
  const order = decodeJson(payload) as GroupOrder;
  switch (order.type) {
    case 'observe':
      return answer('ok', encodeJson(observe(replica)));
    case 'ring': {
      const report = replica.isMeta ? ringReport() : undefined;
      return report === undefined
        ? answer('unavailable', explain('this node does not lead the meta group'))
        : answer('ok', encodeJson(report));
    }
    case 'confChange': {
      const outcome = replica.raw.proposeConfChange(confChangeV2(order.changes));
      host.activate(replica);
      return outcome === 'ok'
        ? answer('ok', new Uint8Array(0))
        : answer('unavailable', explain('the change was dropped; another one is under way'));
    }
    case 'transfer':
      replica.raw.transferLeader(order.to);
      host.activate(replica);
      return answer('ok', new Uint8Array(0));
    default:
      return answer('refused', explain('this order is not known here; the nodes run different versions'));
  }
}

export function observe(replica: Replica): GroupObservation {
  const status = replica.fullStatus();
  const shard: ShardId = replica.shard;
  return {
    shard,
    leader: replica.lead,
    confState: status.confState,
    commit: status.hardState.commit,
    generations: replica.machine.status().generations,
    progress: status.progress.map(({ id, match, recentActive }) => ({ id, match, recentActive })),
  };
}
