// SPDX-License-Identifier: Apache-2.0
import { ServiceError } from '@shortlink/common/errors.ts';
import type { ShardId } from '@shortlink/common/ids.ts';
import type { LifecycleView } from '../core/lifecycle/view.ts';
import type { CallOptions, Shards } from '../ports/shards.ts';
import { currentMap } from './placement.ts';

/** A shard's lifecycle with its records, linearizable. @throws ServiceError notFound when there is no such shard */
export async function readLifecycle(shards: Shards, shard: ShardId, options: CallOptions): Promise<LifecycleView> {
  if (!currentMap(shards).shards.some(({ id }) => id === shard))
    throw new ServiceError('notFound', `there is no shard ${shard} that holds links and keys`, { field: 'shard' });
  const operation = { type: 'lifecycle', knownVersion: 0 } as const;
  const [result] = await shards.read(shard, [operation], { ...options, consistency: 'linearizable' });
  // The copy that was read was replaced by a snapshot meanwhile.
  if (result?.kind !== 'lifecycle')
    throw new ServiceError('unavailable', `shard ${shard} could not be read; try again`);
  return result.view;
}
