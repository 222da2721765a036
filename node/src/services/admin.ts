// SPDX-License-Identifier: Apache-2.0
import { assert } from '@shortlink/common/assert.ts';
import { ServiceError } from '@shortlink/common/errors.ts';
import type { NodeId, ShardId } from '@shortlink/common/ids.ts';
import type { OperatorOrder } from '../core/cluster/meta-commands.ts';
import type { AdminRequest, NodeStatus } from '../ports/admin.ts';
import type { RingReport } from '../ports/ring-report.ts';
import type { CallOptions, Shards } from '../ports/shards.ts';

/** What the operator and people at a terminal ask of a cluster. Failures are ServiceErrors. */
export interface AdminService {
  status(options: CallOptions): Promise<NodeStatus>;
  /** What the leader of the meta group hears of the nodes; undefined while it cannot be reached. */
  ring(options: CallOptions): Promise<RingReport | undefined>;
  /** Puts whoever asks in charge. @returns the epoch for its orders. */
  takeOperatorEpoch(options: CallOptions): Promise<number>;
  /** Refused unless the epoch is the one that was taken last. */
  order(order: OperatorOrder, operatorEpoch: number, options: CallOptions): Promise<void>;
  /** Starts to move the node's replicas away; the node is forgotten afterwards. Poll `status`. */
  removeNode(nodeId: NodeId, options: CallOptions): Promise<void>;
  cancelRemoveNode(nodeId: NodeId, options: CallOptions): Promise<void>;
  transferLeadership(shard: ShardId, toNodeId: NodeId, options: CallOptions): Promise<void>;
}

export function newAdminService(shards: Shards): AdminService {
  const order = async (request: AdminRequest, options: CallOptions): Promise<void> => {
    const response = await shards.admin(request, options);
    if (response.type === 'refused') throw new ServiceError('preconditionFailed', response.message);
    assert(response.type === 'accepted', 'an order is accepted or refused');
  };
  return {
    status: async (options) => {
      const response = await shards.admin({ type: 'status' }, options);
      if (response.type === 'refused') throw new ServiceError('unavailable', response.message);
      assert(response.type === 'status', 'a status answers a question for it');
      return response.status;
    },
    ring: async (options) => {
      const response = await shards.admin({ type: 'ring' }, options);
      if (response.type === 'refused') return undefined;
      assert(response.type === 'ring', 'a report answers a question for it');
      return response.report;
    },
    takeOperatorEpoch: async (options) => {
      const response = await shards.admin({ type: 'takeOperatorEpoch' }, options);
      if (response.type === 'refused') throw new ServiceError('preconditionFailed', response.message);
      assert(response.type === 'operatorEpoch', 'an epoch answers a question for one');
      return response.operatorEpoch;
    },
    order: async (what, operatorEpoch, options) => {
      await order({ type: 'order', operatorEpoch, order: { ...what, nodeId: checkNodeId(what.nodeId) } }, options);
    },
    removeNode: (nodeId, options) => order({ type: 'removeNode', nodeId: checkNodeId(nodeId) }, options),
    cancelRemoveNode: (nodeId, options) => order({ type: 'cancelRemoveNode', nodeId: checkNodeId(nodeId) }, options),
    transferLeadership: (shard, toNodeId, options) => {
      return order({ type: 'transferLeadership', shard, toNodeId: checkNodeId(toNodeId) }, options);
    },
  };
}

function checkNodeId(nodeId: string): NodeId {
  if (/^[0-9a-f]{16}$/.test(nodeId)) return nodeId;
  throw new ServiceError('invalid', 'a node id is 16 hexadecimal digits', { field: 'nodeId' });
}
