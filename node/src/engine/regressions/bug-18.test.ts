// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { FakeDisk, FakePlatter } from '../../../sim/disk.ts';
import { putReplicaRecord, readReplicaRecords } from '../storage/directory.ts';
import { CrashCluster } from './testing/crash-cluster.ts';

it('bug 18 (openraft FAQ 09-reuse-node-id, tigerbeetle#2767): a node that lost its disk comes back as somebody else', async () => {
  const cluster = await new CrashCluster({ nodes: 3 }).form();
  await cluster.created(cluster.leader(), 'kept');
  const lost = (cluster.leader() + 1) % 3;
  const before = { node: cluster.engine(lost).nodeId, replica: cluster.replica(lost).key.replicaId };
  cluster.crash(lost, 0);
  cluster.platters[lost] = new FakePlatter();
  const engine = cluster.start(lost);
  expect(engine.nodeId).not.toBe(before.node);
  await cluster.until('the join', () => engine.volume.clusterId !== undefined);
  await cluster.run(50);
  // A replica that it may run by now is a new one, with an id that nobody had before.
  expect(engine.volume.map?.nodes.map(({ id }) => id)).toContain(engine.nodeId);
  const added = engine.host.replicasByShard.get(1)?.key.replicaId ?? Number.MAX_SAFE_INTEGER;
  for (const i of [0, 1, 2].filter((at) => at !== lost)) {
    expect(added).toBeGreaterThan(Math.max(cluster.replica(i).key.replicaId, before.replica));
  }
});

it('bug 18: a replica that was destroyed here never starts again, whatever a map says', async () => {
  const cluster = await new CrashCluster().form();
  cluster.crash(0, Number.MAX_SAFE_INTEGER);
  const platter = cluster.platters[0] ?? new FakePlatter();
  const disk = new FakeDisk(platter);
  const batch = disk.batch();
  for (const record of readReplicaRecords(disk)) {
    if (record.shard === 1) putReplicaRecord({ ...record, replicaId: undefined }, batch);
  }
  disk.write(batch, { sync: true });
  await disk.close();
  const engine = cluster.start(0);
  expect(engine.volume.map?.shards[0]?.replicas.map(({ nodeId }) => nodeId)).toEqual([engine.nodeId]);
  expect(engine.host.replicasByShard.has(1)).toBe(false);
});
