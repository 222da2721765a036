// SPDX-License-Identifier: Apache-2.0
import type { ShardId } from '@shortlink/common/ids.ts';
import type { ReplicaStatus } from '../../ports/admin.ts';
import type { Shards } from '../../ports/shards.ts';

const timeoutMs = 5000;

/** Terms of the shards that this node leads, as its replicas say: perhaps somebody else leads in a higher one by now. */
export function termsLed(replicas: readonly ReplicaStatus[]): ReadonlyMap<ShardId, number> {
  return new Map(replicas.flatMap(({ shard, role, term }) => (role === 'leader' ? [[shard, term] as const] : [])));
}

/**
 * Whether this node still leads a shard in `term`: a quorum confirmed it after the call began. Whoever leads later learns
 * everything that this leader had done by then. `knownVersion`: of the lifecycle, so that little is read.
 * @throws ServiceError when nobody can tell.
 */
export async function confirmsLeadership(
  shards: Shards,
  led: { readonly shard: ShardId; readonly term: number },
  knownVersion: number,
): Promise<boolean> {
  const { shard, term } = led;
  // A leader answers it only after a round of heartbeats; anybody else lets the leader of a higher term answer it.
  await shards.read(shard, [{ type: 'lifecycle', knownVersion }], { consistency: 'linearizable', timeoutMs });
  const answer = await shards.admin({ type: 'status' }, { timeoutMs });
  return answer.type === 'status' && termsLed(answer.status.replicas).get(shard) === term;
}
