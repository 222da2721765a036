// SPDX-License-Identifier: Apache-2.0
import type { ShardId } from '@shortlink/common/ids.ts';
import type { Engine } from './engine.ts';
import type { EngineHealth } from './engine-api.ts';

/** What probes are told: `ready` while every shard can be read through this node, `writable` while each has a leader. */
export function engineHealth(engine: Engine): EngineHealth {
  const waitingFor = waitsFor(engine);
  if (waitingFor !== undefined) return { ready: false, writable: false, waitingFor };
  const shards = engine.volume.map?.shards ?? [];
  const unreadable = shards.find((shard) => !isReachable(engine, shard.id));
  if (unreadable !== undefined)
    return {
      ready: false,
      writable: false,
      waitingFor: `a leader of shard ${unreadable.id} that can be reached from here`,
    };
  return { ready: true, writable: true, waitingFor: undefined };
}

function waitsFor(engine: Engine): string | undefined {
  const { formation, volume } = engine;
  if (formation.waitingFor !== undefined) return formation.waitingFor;
  if (volume.map === undefined) return 'the first cluster map';
  const own = volume.map.nodes.find((node) => node.id === engine.nodeId);
  if (own?.state === 'draining') return 'nothing: this node is being removed from the cluster, and others serve for it';
  if (own === undefined) {
    return 'nothing: this node was removed from the cluster; stop it, empty its data.dir and start it again to join as a new node';
  }
  return undefined;
}

function isReachable(engine: Engine, shard: ShardId): boolean {
  const replica = engine.host.replicasByShard.get(shard);
  const leader = engine.router.leaderOf(shard);
  if (replica?.isLeader === true) return true;
  if (leader !== undefined) return engine.deps.peers.isConnected(leader);
  // A replica that is only being added does not serve yet; requests go to the others until it does.
  if (replica !== undefined && replica.machine.appliedIndex > 0) return false;
  const replicas = engine.volume.map?.shards.find((s) => s.id === shard)?.replicas ?? [];
  return replicas.some((r) => engine.deps.peers.isConnected(r.nodeId));
}
