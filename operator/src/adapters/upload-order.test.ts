// SPDX-License-Identifier: Apache-2.0
import { create } from '@bufbuild/protobuf';
import { Metadata } from '@grpc/grpc-js';
import { UploadResponseSchema } from '@shortlink/proto/admin.ts';
import { expect, it } from 'vitest';
import { UploadOrder } from './upload-order.ts';

const error = { kind: 'unavailable', code: 14, message: 'no leader' };
const options = { metadata: new Metadata(), deadline: 0 };

function newRig(shards: readonly number[]) {
  const clock = { nowMs: 0 };
  const failing = new Set(shards);
  const asked: (number | 'all')[] = [];
  const upload = async ({ shardId }: { readonly shardId?: number | undefined }) => {
    asked.push(shardId ?? 'all');
    if (shardId !== undefined && failing.has(shardId)) throw new Error('still no leader');
    const all = shardId === undefined ? [1, 2, 3, 4, 5, 6] : [shardId];
    const results = all.map((shard) => ({ shardId: shard, ...(failing.has(shard) ? { error } : {}) }));
    return create(UploadResponseSchema, { results });
  };
  const order = new UploadOrder(() => clock.nowMs);
  return { clock, failing, asked, give: async () => order.give({ upload }, options) };
}

it('is given again to the shards that have failed, and to no others', async () => {
  const rig = newRig([2, 4]);
  await expect(rig.give()).rejects.toThrow('failed for 2 shards: shard 2: no leader; shard 4: no leader');
  rig.failing.delete(2);
  await expect(rig.give()).rejects.toThrow('failed for 1 shards: shard 4: still no leader');
  rig.failing.delete(4);
  await rig.give();
  expect(rig.asked).toEqual(['all', 2, 4, 4]);
  await rig.give();
  expect(rig.asked.at(-1)).toBe('all');
});

it('is given to all after a minute, since more has been written by then', async () => {
  const rig = newRig([2]);
  await expect(rig.give()).rejects.toThrow('shard 2');
  rig.clock.nowMs = 59_999;
  await expect(rig.give()).rejects.toThrow('shard 2');
  rig.clock.nowMs = 60_000;
  await expect(rig.give()).rejects.toThrow('shard 2');
  expect(rig.asked).toEqual(['all', 2, 'all']);
});

it('names the first shards that have failed', async () => {
  const rig = newRig([1, 2, 3, 4, 5]);
  await expect(rig.give()).rejects.toThrow(/shard 1: no leader; shard 2: no leader; shard 3: no leader; and 2 more$/);
});
