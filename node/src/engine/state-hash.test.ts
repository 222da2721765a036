// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { FakeDisk } from '../../sim/disk.ts';
import { shardStateKey } from '../core/statemachine/keys.ts';
import { decodeShardState, encodeShardState } from '../core/statemachine/shard-state.ts';
import { readReplicaRecords } from './storage/directory.ts';
import { create, engineAt, formedCluster, read, write } from './testing/engine-client.ts';
import type { TestCluster } from './testing/test-cluster.ts';

/** Changes what a stopped node believes to have applied, as a defect of its state machine would. */
async function falsify(cluster: TestCluster, i: number): Promise<void> {
  const platter = cluster.platters[i];
  if (platter === undefined) throw new Error(`no platter ${i}`);
  const disk = new FakeDisk(platter);
  const record = readReplicaRecords(disk).find((r) => r.shard === 1);
  if (record === undefined) throw new Error('no replica of shard 1');
  const key = shardStateKey({ shard: 1, slot: record.slot });
  const bytes = disk.get('state', key);
  if (bytes === undefined) throw new Error('no state row');
  const batch = disk.batch();
  batch.put('state', key, encodeShardState({ ...decodeShardState(bytes), stateHash: '0123456789abcdef' }));
  disk.write(batch, { sync: true });
  await disk.close();
}

describe('the state hash (H8)', () => {
  it('stops a replica whose state differs from its leader’s from serving; the others go on', async () => {
    const cluster = await formedCluster(3);
    await write(cluster, engineAt(cluster, 0), create('before', 'https://b.example/'));
    const victim = cluster.engines.findIndex((engine) => engine.host.replicasByShard.get(1)?.isLeader !== true);
    await cluster.stop(victim);
    await falsify(cluster, victim);
    cluster.start(victim);
    const healthy = (i: number): boolean | undefined => engineAt(cluster, i).host.replicasByShard.get(1)?.healthy;
    const other = (victim + 1) % 3;
    for (let i = 0; i < 200; i++) await write(cluster, engineAt(cluster, other), create(`s${i}`, 'https://s.example/'));
    await cluster.until('the mismatch to be noticed', () => healthy(victim) === false, 600);
    expect([0, 1, 2].filter((i) => i !== victim).map(healthy)).toEqual([true, true]);
    // A request to the node itself is answered by another replica.
    expect((await read(cluster, engineAt(cluster, victim), 's199')).kind).toBe('link');
    // Neither a restart nor an election makes it right again.
    await cluster.run(2);
    await cluster.stop(victim);
    cluster.start(victim);
    expect(healthy(victim)).toBe(false);
    await cluster.run(100);
    expect(engineAt(cluster, victim).host.replicasByShard.get(1)?.isLeader).toBe(false);
    expect((await read(cluster, engineAt(cluster, victim), 's199')).kind).toBe('link');
  });

  it('finds nothing to complain about while all replicas agree', async () => {
    const cluster = await formedCluster(3);
    for (let i = 0; i < 200; i++) await write(cluster, engineAt(cluster, i % 3), create(`q${i}`, 'https://q.example/'));
    await cluster.run(100);
    const healthy = cluster.engines.map((engine) => engine.host.replicasByShard.get(1)?.healthy);
    expect(healthy).toEqual([true, true, true]);
    const hashes = cluster.engines.map((engine) => engine.host.replicasByShard.get(1)?.machine.status().stateHash);
    expect(new Set(hashes).size).toBe(1);
  });
});
