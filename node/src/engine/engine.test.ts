// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { encodeCommand } from '../core/statemachine/command-codec.ts';
import type { Command, CommandResult } from '../core/statemachine/commands.ts';
import { concatBytes, fromUtf8 } from '@shortlink/common/bytes.ts';
import { decodeReadResult, encodeReadOp } from '../core/statemachine/read-codec.ts';
import type { ReadResult } from '../core/statemachine/reads.ts';
import { decodeResult } from '../core/statemachine/result-codec.ts';
import type { Engine } from './engine.ts';
import { decodeList, encodeList } from './machines/shard-payload.ts';
import { TestCluster } from './testing/test-cluster.ts';

let dedup = 0;

function create(code: string, url: string): Command {
  dedup++;
  const key = Uint8Array.from({ length: 16 }, (_, i) => (i < 4 ? (dedup >>> (8 * i)) & 0xff : i));
  return {
    type: 'createLink',
    dedup: { key, fingerprint: new Uint8Array(8) },
    code,
    generated: false,
    codeLength: 8,
    url,
    creatorId: 'me',
    expiresAtMs: undefined,
    reuseDeadCodes: false,
  };
}

async function write(cluster: TestCluster, engine: Engine, command: Command): Promise<CommandResult> {
  let outcome: CommandResult | undefined;
  let problem: string | undefined;
  engine.submit(
    { kind: 'write', shard: 1, payload: encodeList([command], encodeCommand), timeoutMs: 20_000 },
    (status, payload) => {
      if (status === 'ok') outcome = decodeList(payload, decodeResult)[0];
      else problem = `${status}: ${fromUtf8(payload)}`;
    },
  );
  await cluster.until('a write', () => outcome !== undefined || problem !== undefined);
  if (outcome === undefined) throw new Error(problem);
  return outcome;
}

async function read(cluster: TestCluster, engine: Engine, code: string): Promise<ReadResult> {
  let outcome: ReadResult | undefined;
  let problem: string | undefined;
  const payload = concatBytes(Uint8Array.of(0), encodeList([{ type: 'link', code } as const], encodeReadOp));
  engine.submit({ kind: 'read', shard: 1, payload, timeoutMs: 20_000 }, (status, answer) => {
    if (status === 'ok') outcome = decodeList(answer, decodeReadResult)[0];
    else problem = `${status}: ${fromUtf8(answer)}`;
  });
  await cluster.until('a read', () => outcome !== undefined || problem !== undefined);
  if (outcome === undefined) throw new Error(problem);
  return outcome;
}

async function formedCluster(nodes: number, overrides = {}): Promise<TestCluster> {
  const cluster = new TestCluster(nodes, overrides);
  await cluster.until('formation', () => cluster.engines.every((engine) => engine.health().writable));
  return cluster;
}

function engineAt(cluster: TestCluster, i: number): Engine {
  const engine = cluster.engines[i];
  if (engine === undefined) throw new Error(`no engine ${i}`);
  return engine;
}

describe('engine', () => {
  it('forms a cluster of one node and keeps a link', async () => {
    const cluster = await formedCluster(1);
    expect((await write(cluster, engineAt(cluster, 0), create('a', 'https://a.example/'))).kind).toBe('link');
    expect((await read(cluster, engineAt(cluster, 0), 'a')).kind).toBe('link');
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
