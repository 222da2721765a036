// SPDX-License-Identifier: Apache-2.0
import { assert, defined } from '@shortlink/common/assert.ts';
import { utf8 } from '@shortlink/common/bytes.ts';
import { ServiceError } from '@shortlink/common/errors.ts';
import type { ShardId } from '@shortlink/common/ids.ts';
import { shardOf } from '../core/cluster/cluster-map.ts';
import type { ClusterMap } from '../core/cluster/cluster-map.ts';
import type { Command } from '../core/statemachine/commands.ts';
import { routingKeyOf } from '../core/statemachine/routing.ts';
import type { Shards } from '../ports/shards.ts';

/** The newest map. @throws ServiceError unavailable before the cluster has formed. */
export function currentMap(shards: Shards): ClusterMap {
  const map = shards.map();
  if (map === undefined) throw new ServiceError('unavailable', 'the cluster has not formed yet');
  return map;
}

export function shardOfCode(map: ClusterMap, code: string): ShardId {
  return shardOfKey(map, utf8(code));
}

export function shardOfKey(map: ClusterMap, routingKey: Uint8Array): ShardId {
  const shard = shardOf(map, routingKey);
  assert(shard !== undefined, 'the shards of a map cover all routing keys');
  return shard.id;
}

/** Where a mutation of a client goes. */
export function shardOfCommand(map: ClusterMap, command: Command): ShardId {
  return shardOfKey(map, defined(routingKeyOf(command), `routing key of ${command.type}`));
}
