// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { FakeDisk, FakePlatter } from '../../../sim/disk.ts';
import { shardStateKey } from '../../core/statemachine/keys.ts';
import { entryRange } from '../storage/keys.ts';
import { CrashCluster } from './testing/crash-cluster.ts';

/** A node with some history, stopped; `change` gets its disk and what its state row was early on. */
async function tampered(
  change: (disk: FakeDisk, earlyState: Uint8Array, cluster: CrashCluster) => void,
): Promise<CrashCluster> {
  const cluster = await new CrashCluster({ config: { compactEntries: 10 } }).form();
  const stateKey = shardStateKey({ shard: 1, slot: cluster.replica(0).machine.slot });
  const early = cluster.disks[0]?.get('state', stateKey) ?? new Uint8Array(0);
  for (let i = 0; i < 50; i++) await cluster.created(0, `l${i}`);
  cluster.crash(0, Number.MAX_SAFE_INTEGER);
  const disk = new FakeDisk(cluster.platters[0] ?? new FakePlatter());
  change(disk, early, cluster);
  await disk.close();
  return cluster;
}

it('bug 25 (dragonboat#369): a state machine that is behind the start of its log does not start', async () => {
  const cluster = await tampered((disk, early, { engines }) => {
    const slot = engines[0]?.host.replicasByShard.get(1)?.machine.slot ?? 0;
    const batch = disk.batch();
    batch.put('state', shardStateKey({ shard: 1, slot }), early);
    disk.write(batch, { sync: true });
  });
  expect(() => cluster.start(0)).toThrow(/applied \d+, but the log starts at \d+/);
});

it('bug 25: a state machine that is ahead of the end of its log does not start', async () => {
  const cluster = await tampered((disk, _early, { engines }) => {
    const key = engines[0]?.host.replicasByShard.get(1)?.key ?? { shard: 1, replicaId: 0 };
    disk.deleteRange('raft', entryRange(key, 48, Number.MAX_SAFE_INTEGER));
  });
  expect(() => cluster.start(0)).toThrow(/applied \d+, but the log ends at \d+/);
});

it('bug 25: an untouched disk starts', async () => {
  const cluster = await tampered(() => {});
  expect(() => cluster.start(0)).not.toThrow();
});
