// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { cli } from '../harness/command-line.ts';
import { ringStatus, stateOf } from '../harness/ring.ts';
import type { RingView } from '../harness/ring.ts';
import { TestCluster } from '../harness/test-cluster.ts';
import { TestNode } from '../harness/test-node.ts';
import { eventually } from '../harness/wait.ts';

// Some 400 chunks: their copies on the new node are then within 5 % of the mean by four standard deviations.
const shards = 128;
const rounds = 3;
/** Limits, not measurements: a busy machine takes its time. */
const limit = { timeout: 900_000 };
const patienceMs = 300_000;
const alphabet = '0123456789abcdefghijklmnopqrstuvwxyz';

/** At least one link in every shard: ranges begin at two characters. */
async function fillShards(cluster: TestCluster, round: number): Promise<void> {
  const links = [...alphabet].flatMap((a) =>
    [...alphabet].map((b) => ({ url: `https://example.com/${round}`, code: `${a}${b}-${round}` })),
  );
  for (let from = 0; from < links.length; from += 500) {
    const response = await fetch(`${cluster.node(0).api}/api/v1/links:batch`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ links: links.slice(from, from + 500) }),
    });
    expect(response.ok).toBe(true);
    await response.arrayBuffer();
  }
}

interface Settled {
  readonly ring: RingView;
  /** Chunks of each node that takes some. */
  readonly held: ReadonlyMap<string, number>;
}

/** Waits for two copies of every chunk, on so many nodes, each of which has some. */
async function settled(cluster: TestCluster, nodes: number): Promise<Settled> {
  let found: Settled | undefined;
  await eventually(
    `two copies of every chunk, on ${nodes} nodes`,
    async () => {
      const ring = await ringStatus(cluster);
      if (ring === undefined) return false;
      const taking = ring.nodes.filter(({ state }) => state !== 'OUT');
      const held = new Map(taking.map(({ name, chunksHeld }) => [name, chunksHeld]));
      const copies = [...held.values()].reduce((sum, count) => sum + count, 0);
      const { total, underReplicated, moving } = ring.chunks;
      const isSpread = held.size === nodes && [...held.values()].every((count) => count > 0);
      if (!isSpread || total < shards * rounds || copies !== 2 * total) return false;
      found = { ring, held };
      return underReplicated === 0 && moving === 0;
    },
    patienceMs,
  );
  return found ?? expect.fail('settled without a status');
}

it(
  'moves at most 1/4 + 5 % of the copies of chunks when a fourth node joins, and back when it is lost',
  limit,
  async () => {
    await using cluster = await TestCluster.start({ nodes: 3, shards });
    for (let round = 0; round < rounds; round++) {
      await fillShards(cluster, round);
      const uploaded = await cli(cluster, 'shard', 'upload', '--all', '--wait', '--timeout', '5m');
      expect(uploaded, uploaded.err).toMatchObject({ exitCode: 0 });
    }
    const before = await settled(cluster, 3);
    const added = await cli(cluster, 'add-node', '--data', cluster.data);
    expect(added, added.err).toMatchObject({ exitCode: 0 });
    const fourth = new TestNode(cluster.data, 3, cluster.basePort);
    cluster.nodes.push(fourth);
    fourth.start();
    const grown = await settled(cluster, 4);
    const copies = 2 * grown.ring.chunks.total;
    expect((grown.held.get('node3') ?? 0) / copies).toBeLessThanOrEqual(1 / 4 + 0.05);
    // Nothing moved between the nodes that were there.
    for (const [name, count] of before.held) expect(grown.held.get(name)).toBeLessThanOrEqual(count);
    expect(grown.ring.epoch).toBe(2);

    await fourth.kill();
    await eventually('it to be missed', async () => (await stateOf(cluster, fourth)) !== 'ALIVE', patienceMs);
    expect(await cli(cluster, 'ring', 'hasten', 'node3')).toMatchObject({ exitCode: 0 });
    const shrunk = await settled(cluster, 3);
    // Placement is a function of the members: the same ones have the same chunks again.
    expect(shrunk.held).toEqual(before.held);
  },
);
