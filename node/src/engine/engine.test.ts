// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { defined } from '@shortlink/common/assert.ts';
import { create, engineAt, formedCluster, read, write } from './testing/engine-client.ts';

describe('engine', () => {
  it('forms a cluster of one node and keeps a link', async () => {
    const cluster = await formedCluster(1);
    expect((await write(cluster, engineAt(cluster, 0), create('a', 'https://a.example/'))).kind).toBe('link');
    expect((await read(cluster, engineAt(cluster, 0), 'a')).kind).toBe('link');
  });

  it('refuses a request that cannot be read, and goes on', async () => {
    const cluster = await formedCluster(1);
    const statuses: string[] = [];
    for (const payload of [Uint8Array.of(1, 1, 0xee), new Uint8Array(0)]) {
      engineAt(cluster, 0).submit({ kind: 'write', shard: 1, payload, timeoutMs: 5000 }, (status) =>
        statuses.push(status),
      );
    }
    await cluster.until('the answers', () => statuses.length === 2);
    expect(statuses).toEqual(['refused', 'refused']);
    expect((await write(cluster, engineAt(cluster, 0), create('a', 'https://a.example/'))).kind).toBe('link');
  });

  it('forms a cluster of three nodes; every node takes writes and reads', async () => {
    const cluster = await formedCluster(3);
    expect(new Set(cluster.engines.map((engine) => engine.volume.clusterId)).size).toBe(1);
    for (let i = 0; i < 3; i++) {
      expect((await write(cluster, engineAt(cluster, i), create(`c${i}`, `https://a.example/${i}`))).kind).toBe('link');
    }
    for (let i = 0; i < 3; i++) {
      for (let j = 0; j < 3; j++)
        expect(await read(cluster, engineAt(cluster, i), `c${j}`)).toMatchObject({
          kind: 'link',
          link: { url: `https://a.example/${j}` },
        });
    }
  });

  it('serves a shard from nodes that hold no replica of it', async () => {
    const cluster = await formedCluster(5);
    for (let i = 0; i < 5; i++) {
      expect((await write(cluster, engineAt(cluster, i), create(`five${i}`, 'https://a.example/'))).kind).toBe('link');
      expect((await read(cluster, engineAt(cluster, 4 - i), `five${i}`)).kind).toBe('link');
    }
    expect(cluster.engines.filter((engine) => engine.host.replicasByShard.has(1))).toHaveLength(3);
  });

  it('goes on after a restart of all nodes', async () => {
    const cluster = await formedCluster(3);
    await write(cluster, engineAt(cluster, 0), create('kept', 'https://kept.example/'));
    for (let i = 0; i < 3; i++) await cluster.stop(i);
    for (let i = 0; i < 3; i++) cluster.start(i);
    await cluster.until('readiness', () => cluster.engines.every((engine) => engine.health().writable));
    expect((await read(cluster, engineAt(cluster, 1), 'kept')).kind).toBe('link');
  });

  it('brings a replica that was away for long back by a snapshot while the others go on', async () => {
    const cluster = await formedCluster(3);
    const away = cluster.engines.findIndex((engine) => engine.host.replicasByShard.get(1)?.isLeader !== true);
    cluster.network.cut(engineAt(cluster, away).nodeId);
    const other = (away + 1) % 3;
    for (let i = 0; i < 300; i++) await write(cluster, engineAt(cluster, other), create(`s${i}`, 'https://s.example/'));
    expect(engineAt(cluster, other).host.replicasByShard.get(1)?.log.firstIndex()).toBeGreaterThan(100);
    cluster.network.heal(engineAt(cluster, away).nodeId);
    const applied = (i: number): number => engineAt(cluster, i).host.replicasByShard.get(1)?.machine.appliedIndex ?? 0;
    await cluster.until('the replica to catch up', () => applied(away) >= applied(other));
    expect((await read(cluster, engineAt(cluster, away), 's299')).kind).toBe('link');
    const hash = (i: number): string | undefined =>
      engineAt(cluster, i).host.replicasByShard.get(1)?.machine.status().stateHash;
    await cluster.until('equal state', () => applied(away) === applied(other));
    expect(hash(away)).toBe(hash(other));
  });

  it('keeps its log within bytes, too, and cuts what a restart finds', async () => {
    const cluster = await formedCluster(1, { compactEntries: 100_000, compactBytes: 1024 * 1024 });
    const url = 'https://large.example/'.padEnd(8000, 'x');
    const log = () => defined(engineAt(cluster, 0).host.replicasByShard.get(1), 'replica').log;
    for (let i = 0; i < 200; i++) await write(cluster, engineAt(cluster, 0), create(`before${i}`, url));
    expect(log().firstIndex()).toBe(2);
    await cluster.stop(0);
    cluster.start(0);
    await cluster.until('readiness', () => engineAt(cluster, 0).health().writable);
    for (let i = 0; i < 200; i++) await write(cluster, engineAt(cluster, 0), create(`after${i}`, url));
    expect(log().sizeBytes).toBeGreaterThan(1_000_000);
    expect(log().sizeBytes).toBeLessThan(2_200_000);
    expect(log().firstIndex()).toBeGreaterThan(100);
  });

  it('lets a node that is removed serve on for a while, and say that it is not ready', async () => {
    const noticeMs = 15_000;
    const cluster = await formedCluster(4, { removalNoticeMs: noticeMs });
    const last = engineAt(cluster, 3);
    const gone = last.nodeId;
    engineAt(cluster, 1).admin({ type: 'removeNode', nodeId: gone }, () => {});
    const isMember = (): boolean => engineAt(cluster, 1).volume.map?.nodes.some(({ id }) => id === gone) === true;
    await cluster.until('the beginning', () => !last.health().ready);
    const beganMs = cluster.nowMs;
    await cluster.until('nothing to be left on it', () => last.host.replicasByShard.size === 0, 1000);
    expect(isMember()).toBe(true);
    expect((await write(cluster, last, create('meanwhile', 'https://m.example/'))).kind).toBe('link');
    await cluster.until('the end', () => !isMember(), 1000);
    expect(cluster.nowMs - beganMs).toBeGreaterThanOrEqual(noticeMs - 1000);
  });

  it('adds a node, drains another one and goes on serving', async () => {
    const cluster = await formedCluster(3);
    await write(cluster, engineAt(cluster, 0), create('before', 'https://b.example/'));
    cluster.start(3);
    await cluster.until('the join', () => engineAt(cluster, 3).health().ready);
    const gone = engineAt(cluster, 0).nodeId;
    let accepted = false;
    engineAt(cluster, 1).admin({ type: 'removeNode', nodeId: gone }, (response) => {
      accepted = response.type === 'accepted';
    });
    await cluster.until(
      'the drain',
      () => engineAt(cluster, 1).volume.map?.nodes.every((node) => node.id !== gone) === true,
      1000,
    );
    expect(accepted).toBe(true);
    expect(engineAt(cluster, 3).host.replicasByShard.has(1)).toBe(true);
    expect((await read(cluster, engineAt(cluster, 3), 'before')).kind).toBe('link');
    expect((await write(cluster, engineAt(cluster, 2), create('after', 'https://a.example/'))).kind).toBe('link');
  });
});
