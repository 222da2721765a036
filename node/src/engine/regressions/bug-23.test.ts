// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { DecodeError } from '@shortlink/common/byte-reader.ts';
import { FakeDisk, FakePlatter } from '../../../sim/disk.ts';
import { StoreFailedError } from '../../ports/kv-engine.ts';
import { entryKey, hardStateKey } from '../storage/keys.ts';
import type { ReplicaKey } from '../storage/keys.ts';
import { CrashCluster } from './testing/crash-cluster.ts';

describe('bug 23 (cockroach#37102): a failed write or fsync', () => {
  it('ends the engine: nothing is acknowledged any more, and no later write pretends that it went well', async () => {
    const cluster = await new CrashCluster().form();
    await cluster.created(0, 'before');
    cluster.disks[0]?.failNextWrite();
    const pending = [cluster.create(0, 'a'), cluster.create(0, 'b')];
    for (let round = 0; round < 20; round++) await cluster.settle();
    expect(cluster.fatal).toHaveLength(1);
    expect(cluster.fatal[0]).toBeInstanceOf(StoreFailedError);
    const late = cluster.create(0, 'late');
    for (let round = 0; round < 20; round++) await cluster.settle();
    for (const { status } of [...pending, late]) expect(status).not.toBe('ok');
    expect(cluster.fatal).toHaveLength(1);
  });

  it('is followed by a restart from what is really on the disk', async () => {
    for (const keep of [0, Number.MAX_SAFE_INTEGER]) {
      const cluster = await new CrashCluster().form();
      await cluster.created(0, 'before');
      cluster.disks[0]?.failNextWrite();
      cluster.create(0, 'unknown');
      await cluster.run(2);
      cluster.crash(0, keep);
      cluster.start(0);
      await cluster.until('the restart', () => cluster.engine(0).health().writable);
      expect(await cluster.reads(0, 'before')).toBe(true);
      await cluster.created(0, 'after');
    }
  });
});

describe('bug 23 (nats#7549, etcd#14098): a record of the log that is not what was written', () => {
  it.each([
    { name: 'the last entry', key: (replica: ReplicaKey, last: number) => entryKey(replica, last) },
    { name: 'the hard state', key: (replica: ReplicaKey) => hardStateKey(replica) },
  ])('in $name keeps the node from starting, and is not taken for a shorter log', async ({ key }) => {
    const cluster = await new CrashCluster().form();
    await cluster.created(0, 'a');
    const { key: replica, log } = cluster.replica(0);
    const row = key(replica, log.lastIndex());
    cluster.crash(0, Number.MAX_SAFE_INTEGER);
    const disk = new FakeDisk(cluster.platters[0] ?? new FakePlatter());
    const bytes = disk.get('raft', row) ?? new Uint8Array(0);
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 0x80;
    const batch = disk.batch();
    batch.put('raft', row, bytes);
    disk.write(batch, { sync: true });
    await disk.close();
    expect(() => cluster.start(0)).toThrow(DecodeError);
  });

  it('that a store reports as corrupt keeps the node from starting', async () => {
    const cluster = await new CrashCluster().form();
    cluster.crash(0, 0);
    cluster.platters[0]?.corrupt('a bad block between good ones');
    expect(() => cluster.start(0)).toThrow(/bad block/);
  });
});
