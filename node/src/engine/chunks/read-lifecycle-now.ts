// SPDX-License-Identifier: Apache-2.0
import { ServiceError } from '@shortlink/common/errors.ts';
import type { ShardId } from '@shortlink/common/ids.ts';
import type { FullLifecycle } from '../../core/lifecycle/object-standing.ts';
import type { Shards } from '../../ports/shards.ts';

const readTimeoutMs = 10_000;

/** A shard's lifecycle with all records as of now, confirmed by a leader that still leads. @throws ServiceError */
export async function readLifecycleNow(shards: Shards, shard: ShardId): Promise<FullLifecycle> {
  const options = { consistency: 'linearizable', timeoutMs: readTimeoutMs } as const;
  const [result] = await shards.read(shard, [{ type: 'lifecycle', knownVersion: 0 }], options);
  const view = result?.kind === 'lifecycle' ? result.view : undefined;
  // Version 0 is that of a shard whose lifecycle has not begun: it has no records at all.
  const records =
    view?.records ?? (view?.lifecycleVersion === 0 ? { generations: [], chunks: [], garbage: [] } : undefined);
  if (view === undefined || records === undefined)
    throw new ServiceError('unavailable', `shard ${shard} could not be read; try again`);
  return { ...view, records };
}
