// SPDX-License-Identifier: Apache-2.0
import type { ClusterMap } from '../../core/cluster/cluster-map.ts';
import type { FormationRecord } from '../../core/cluster/meta-commands.ts';
import type { Engine } from '../engine.ts';
import { Formation } from './formation.ts';
import type { FormationAnswer } from './formation-messages.ts';

export interface FormationEvents {
  readonly onFounded: (record: FormationRecord) => void;
  readonly onJoined: (map: ClusterMap) => void;
}

/** The formation of a node as its configuration has it. */
export function newFormation(engine: Engine, events: FormationEvents): Formation {
  const { config, deps } = engine;
  return new Formation({
    volume: engine.volume,
    peers: deps.peers,
    random: deps.random,
    observer: deps.observer,
    guard: deps.formationGuard,
    self: () => engine.self.current,
    initialNodes: config.initialNodes,
    joinAddresses: config.joinAddresses,
    initialShards: config.initialShards,
    policy: { shardReplicas: config.shardReplicas, reuseDeadCodes: config.reuseDeadCodes },
    onFounded: (record) => events.onFounded(record),
    onJoined: (map) => events.onJoined(map),
    admit: async (node): Promise<FormationAnswer> => {
      const holder = engine.volume.map?.nodes.find((n) => n.name === node.name && n.id !== node.id);
      if (holder !== undefined && (holder.id === engine.nodeId || deps.peers.isConnected(holder.id))) {
        return {
          kind: 'refused',
          message: `the name ${node.name} belongs to node ${holder.id}, which is alive; choose another node.name`,
        };
      }
      const result = await engine.driver.propose({ type: 'putNode', node });
      const map = engine.volume.map;
      if (result?.ok !== true || map === undefined)
        return { kind: 'refused', message: result?.ok === false ? result.message : 'the meta group has no leader' };
      return { kind: 'joined', clusterId: map.clusterId, map };
    },
  });
}
