// SPDX-License-Identifier: Apache-2.0
import type { NodeInfo } from '../cluster-map.ts';
import { applyMetaCommand, emptyMetaState } from '../meta-state.ts';
import type { MetaState } from '../meta-state.ts';

export function nodeInfo(id: string, zone = ''): NodeInfo {
  const address = `${id}:1`;
  return {
    id,
    name: id,
    zone,
    addresses: { peer: address, redirect: address, api: address, grpc: address },
    state: 'active',
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
