// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { defined } from '@shortlink/common/assert.ts';
import { encodeCommand } from '../../core/statemachine/command-codec.ts';
import { encodeList } from '../machines/shard-payload.ts';
import { create, formedCluster, write } from '../testing/engine-client.ts';
import type { TestCluster } from '../testing/test-cluster.ts';
import type { Replica } from './replica.ts';

const shard = 1;

function replicas(cluster: TestCluster): Replica[] {
  return cluster.engines.map((engine) => defined(engine.host.replicasByShard.get(shard), 'replica'));
}

function leaderOf(cluster: TestCluster) {
  return defined(
    cluster.engines.find((engine) => engine.host.replicasByShard.get(shard)?.isLeader),
    'leader',
  );
}

/** Does not wait for the answers; they are counted. */
function send(cluster: TestCluster, codes: readonly string[]): { answered: number } {
  const seen = { answered: 0 };
  for (const code of codes) {
    const payload = encodeList([create(code, 'https://a.example/')], encodeCommand);
    leaderOf(cluster).submit({ kind: 'write', shard, payload, timeoutMs: 20_000 }, (status) => {
      if (status === 'ok') seen.answered++;
    });
  }
  return seen;
}

describe('what waits for company', () => {
  it('a commit notice goes to a silent follower after 5 ms, without a tick (ADR 0027)', async () => {
    const cluster = await formedCluster(3);
    await write(cluster, leaderOf(cluster), create('before', 'https://a.example/'));
    await cluster.run(2);
    const seen = send(cluster, ['a']);
    await cluster.pass(0);
    expect(seen.answered).toBe(1);
    const leader = leaderOf(cluster).host.replicasByShard.get(shard)?.machine.appliedIndex;
    const applied = (): number => replicas(cluster).filter(({ machine }) => machine.appliedIndex === leader).length;
    expect(applied()).toBe(1);
    await cluster.pass(4);
    expect(applied()).toBe(1);
    await cluster.pass(1);
    expect(applied()).toBe(3);
  });

  it('a write waits 5 ms for others where the last ones came in company, and no tick (ADR 0028)', async () => {
    const cluster = await formedCluster(3);
    const first = send(cluster, ['a', 'b', 'c', 'd']);
    await cluster.pass(0);
    expect(first.answered).toBe(4);
    const second = send(cluster, ['e', 'f']);
    await cluster.pass(4);
    expect(second.answered).toBe(0);
    await cluster.pass(1);
    expect(second.answered).toBe(2);
    // Two came together: the next one goes at once.
    const third = send(cluster, ['g']);
    await cluster.pass(0);
    expect(third.answered).toBe(1);
  });
});
