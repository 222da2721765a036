// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { DecodeError } from '@shortlink/common/byte-reader.ts';
import { encodeJson } from '../../core/cluster/map-codec.ts';
import { shardPrefixRanges } from '../../core/statemachine/keys.ts';
import { SnapshotReader } from '../snapshots/snapshot-reader.ts';
import type { SnapshotHeader } from '../snapshots/snapshot-codec.ts';
import { GroupLog } from '../storage/group-log.ts';
import { readStaging } from '../storage/directory.ts';
import type { SnapshotSink } from '../../ports/peers.ts';
import { CrashCluster } from './testing/crash-cluster.ts';

/** The log as a restart would find it, without the state machine's part. */
function reopenedLog(cluster: CrashCluster, i: number): GroupLog {
  const { key, machine } = cluster.replica(i);
  const store = cluster.disks[i];
  if (store === undefined) throw new Error(`no disk ${i}`);
  return new GroupLog(store, key, {
    appliedIndex: machine.appliedIndex,
    confState: () => machine.confState,
    snapshot: () => 'snapshotTemporarilyUnavailable',
  });
}

/** An old leader with a long tail of its own gets a snapshot that ends in the middle of that tail. */
async function snapshotIntoTail(): Promise<{ readonly cluster: CrashCluster; readonly old: number }> {
  const cluster = await new CrashCluster({ nodes: 3, config: { compactEntries: 10 } }).form();
  await cluster.created(cluster.leader(), 'first');
  const old = cluster.leader();
  cluster.network.cut(cluster.engine(old).nodeId);
  cluster.replica(old).raw.propose(Array.from({ length: 400 }, () => new Uint8Array(0)));
  cluster.engine(old).host.activate(cluster.replica(old));
  await cluster.run(1);
  const tail = cluster.replica(old).log.lastIndex();
  const isNew = (i: number): boolean => i !== old && cluster.replica(i).isLeader;
  await cluster.until('another leader', () => [0, 1, 2].some(isNew));
  const leader = [0, 1, 2].findIndex(isNew);
  for (let i = 0; i < 60; i++) await cluster.created(leader, `l${i}`);
  expect(cluster.replica(leader).log.firstIndex()).toBeGreaterThan(20);
  cluster.network.heal(cluster.engine(old).nodeId);
  await cluster.until('the snapshot', () => cluster.holds(old, 'l59'));
  expect(cluster.replica(old).log.lastIndex()).toBeLessThan(tail);
  return { cluster, old };
}

describe('bug 20 (openraft eed681d5, tikv#8301): a snapshot that ends inside a divergent log', () => {
  it('takes the tail behind it from the disk as well, or a restart would revive it', async () => {
    const { cluster, old } = await snapshotIntoTail();
    expect(reopenedLog(cluster, old).lastIndex()).toBe(cluster.replica(old).log.lastIndex());
  });
});

/** A snapshot of the only node's own shard, offered to itself: the rows are real, the sender is not. */
async function arriving(): Promise<{
  readonly cluster: CrashCluster;
  readonly header: SnapshotHeader;
  readonly sink: SnapshotSink;
  readonly chunks: readonly Uint8Array[];
}> {
  const cluster = await new CrashCluster().form();
  for (let i = 0; i < 20; i++) await cluster.created(0, `l${i}`);
  const { key, machine } = cluster.replica(0);
  const reader = new SnapshotReader(cluster.engine(0).deps.store, { shard: 1, slot: machine.slot });
  const chunks: Uint8Array[] = [];
  for (let chunk = reader.next(); chunk !== undefined; chunk = reader.next()) chunks.push(chunk);
  const header: SnapshotHeader = {
    clusterId: cluster.engine(0).volume.clusterId ?? '',
    shard: 1,
    from: 99,
    to: key.replicaId,
    term: 100,
    metadata: { index: 1_000, term: 100, confState: machine.confState },
  };
  return { cluster, header, sink: cluster.engine(0).onSnapshot('somebody', encodeJson(header)), chunks };
}

function stagedRows(cluster: CrashCluster): number {
  const store = cluster.disks[0];
  if (store === undefined) return 0;
  const slots = readStaging(store);
  const own = cluster.engine(0).host.replicasByShard.get(1)?.machine.slot ?? 1;
  // Slots are small numbers; only the replica's own one may hold rows when nothing is staged.
  const others = Array.from({ length: 20 }, (_, slot) => slot).filter((slot) => slot !== own);
  const ranges = others.flatMap((slot) => shardPrefixRanges(1, slot));
  const rows = ranges.reduce((sum, range) => sum + store.scan('state', range, { limit: 1_000 }).length, 0);
  return rows + slots.length;
}

describe('bug 20 (tikv#18570, tikv#11746): a snapshot that arrives', () => {
  it('after its replica was destroyed leaves nothing behind', async () => {
    const { cluster, sink, chunks } = await arriving();
    for (const chunk of chunks) sink.chunk(chunk);
    expect(stagedRows(cluster)).toBeGreaterThan(0);
    const replica = cluster.replica(0);
    cluster.engine(0).host.replicasByShard.delete(1);
    sink.end();
    cluster.engine(0).host.replicasByShard.set(1, replica);
    expect(stagedRows(cluster)).toBe(0);
    await cluster.run(5);
    expect(cluster.holds(0, 'l19')).toBe(true);
    expect(cluster.fatal).toEqual([]);
  });

  it('for a replica that does not live here is refused', async () => {
    const { cluster, header } = await arriving();
    const other = encodeJson({ ...header, to: 98 });
    expect(() => cluster.engine(0).onSnapshot('somebody', other)).toThrow(/does not live here/);
    const foreign = encodeJson({ ...header, clusterId: 'another' });
    expect(() => cluster.engine(0).onSnapshot('somebody', foreign)).toThrow(/refused/);
  });

  it('while another one is under way is refused (etcd#18055)', async () => {
    const { cluster, header, sink } = await arriving();
    expect(() => cluster.engine(0).onSnapshot('somebody', encodeJson(header))).toThrow(/already/);
    sink.abort();
    expect(() => cluster.engine(0).onSnapshot('somebody', encodeJson(header))).not.toThrow();
  });

  it('and is cut off by a power failure is swept by the restart, whatever had been written', async () => {
    for (let keep = 0; keep < 4; keep++) {
      const { cluster, sink, chunks } = await arriving();
      for (const chunk of chunks.slice(0, 1)) sink.chunk(chunk);
      cluster.crash(0, keep);
      cluster.start(0);
      expect(stagedRows(cluster)).toBe(0);
      await cluster.until('the restart', () => cluster.engine(0).health().writable);
      expect(await cluster.reads(0, 'l19')).toBe(true);
    }
  });
});

describe('bug 22 (nats#7556, nats#4410): a snapshot that is damaged', () => {
  it('is refused at the damage, and the data that is here stays', async () => {
    const { cluster, sink, chunks } = await arriving();
    const damaged = chunks[0]?.slice() ?? new Uint8Array(0);
    damaged[damaged.length >> 1] = (damaged[damaged.length >> 1] ?? 0) ^ 1;
    expect(() => sink.chunk(damaged)).toThrow(DecodeError);
    sink.abort();
    await cluster.run(3);
    expect(await cluster.reads(0, 'l0')).toBe(true);
    expect(stagedRows(cluster)).toBe(0);
  });

  it('or lacks a part is not taken for complete', async () => {
    const { cluster, sink, chunks } = await arriving();
    expect(() => sink.chunk(chunks.at(-1) ?? new Uint8Array(0))).toThrow(/arrived with 0/);
    sink.end();
    await cluster.run(3);
    expect(await cluster.reads(0, 'l0')).toBe(true);
    expect(stagedRows(cluster)).toBe(0);
    expect(cluster.fatal).toEqual([]);
  });
});
