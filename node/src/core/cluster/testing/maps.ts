// SPDX-License-Identifier: Apache-2.0
import { applyMetaCommand } from '../apply-meta.ts';
import type { ClusterMap, NodeDescription } from '../cluster-map.ts';
import type { MetaCommand } from '../meta-commands.ts';
import { emptyMetaState } from '../meta-state.ts';
import type { MetaState } from '../meta-state.ts';

export function nodeInfo(id: string, zone = ''): NodeDescription {
  const address = `${id}:1`;
  return {
    id,
    name: id,
    zone,
    weight: 100,
    addresses: { peer: address, redirect: address, api: address, grpc: address },
  };
}

/** A cluster of nodes n0… right after its formation. */
export function formed(options: {
  readonly nodes: number;
  readonly shards: number;
  readonly zones?: readonly string[];
}): MetaState {
  const founders = Array.from({ length: options.nodes }, (_, i) => nodeInfo(`n${i}`, options.zones?.[i]));
  const record = {
    clusterId: 'c',
    founders,
    initialShards: options.shards,
    policy: { shardReplicas: 3, reuseDeadCodes: false },
  };
  return applyMetaCommand(emptyMetaState, { type: 'initialize', record }).state;
}

/** The commands one after the other; refusals change nothing. */
export function run(state: MetaState, ...commands: readonly MetaCommand[]): MetaState {
  return commands.reduce((now, command) => applyMetaCommand(now, command).state, state);
}

export function mapOf(state: MetaState): ClusterMap {
  if (state.map === undefined) throw new Error('no map');
  return state.map;
}
