// SPDX-License-Identifier: Apache-2.0
import { markBack, markOut, putNode, removeNode, setNodeState } from './apply-nodes.ts';
import { obey, takeOperatorEpoch } from './apply-orders.ts';
import { addReplica, changeReplicas } from './apply-replicas.ts';
import { initialize } from './initialize.ts';
import type { MetaCommand } from './meta-commands.ts';
import { refused } from './meta-state.ts';
import type { MetaState, Outcome } from './meta-state.ts';

/** One command of an entry of the meta group. `timeMs`: of the entry, as its leader stamped it. */
export function applyMetaCommand(before: MetaState, command: MetaCommand, timeMs = 0): Outcome {
  const state = timeMs > before.timeMs ? { ...before, timeMs } : before;
  if (command.type === 'initialize') return initialize(state, command.record);
  const map = state.map;
  if (map === undefined) return refused(state, 'the cluster has not formed yet');
  const why = command.reason ?? '';
  switch (command.type) {
    case 'putNode':
      return putNode(state, map, command.node);
    case 'setNodeState':
      return setNodeState(state, map, { ...command, why });
    case 'removeNode':
      return removeNode(state, map, { ...command, why });
    case 'markOut':
      return markOut(state, map, { ...command, why });
    case 'markBack':
      return markBack(state, map, { ...command, why });
    case 'takeOperatorEpoch':
      return takeOperatorEpoch(state, map);
    case 'order':
      return obey(state, map, command);
    case 'addReplica':
      return addReplica(state, map, { ...command, why });
    case 'promoteReplica':
      return changeReplicas(state, map, { ...command, why, kind: 'replicaPromoted' }, (replicas) =>
        replicas.map((replica) =>
          replica.id === command.replicaId ? { ...replica, role: 'voter' as const } : replica,
        ),
      );
    case 'removeReplica':
      return changeReplicas(state, map, { ...command, why, kind: 'replicaRemoved' }, (replicas) =>
        replicas.filter((replica) => replica.id !== command.replicaId),
      );
  }
}
