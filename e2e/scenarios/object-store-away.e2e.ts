// SPDX-License-Identifier: Apache-2.0
import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createLink, visit } from '../harness/links-api.ts';
import { metric } from '../harness/metric.ts';
import { TestCluster } from '../harness/test-cluster.ts';
import { eventually } from '../harness/wait.ts';

const maxHotBytes = 60_000;
const settings = ['chunks.sealAfterBytes=4096', `chunks.maxHotBytes=${maxHotBytes}`, 'request.timeoutMs=1000'];
/** Far more than fit: a cluster that takes them all has no limit. */
const linksMax = 20_000;

/** Asks again while the outcome is unknown, or no leader was there: that has nothing to do with the object store. */
async function create(cluster: TestCluster, i: number): Promise<{ readonly status: number; readonly body: unknown }> {
  const headers = { 'idempotency-key': `key-${i}` };
  for (;;) {
    const response = await createLink(cluster.node(i % 3), { url: `https://example.com/${i}`, code: `a${i}` }, headers);
    const body: unknown = await response.json();
    if (response.status !== 503 || JSON.stringify(body).includes('/overloaded'))
      return { status: response.status, body };
  }
}

/** Creates links until the cluster is full; what it says then, and how many were taken. */
async function fill(cluster: TestCluster): Promise<{ readonly taken: number; readonly refusal: unknown }> {
  for (let i = 0; i < linksMax; i++) {
    const answer = await create(cluster, i);
    if (answer.status === 503) return { taken: i, refusal: answer.body };
    expect(answer.status).toBe(201);
  }
  return expect.fail(`${linksMax} links were taken`);
}

async function expectAllThere(cluster: TestCluster, count: number): Promise<void> {
  for (const node of cluster.nodes) {
    for (let i = 0; i < count; i++)
      expect(await visit(node, `a${i}`)).toEqual({ status: 302, location: `https://example.com/${i}` });
  }
}

it('holds writers back when it is away for too long, reads on, and goes on where it was', async () => {
  await using cluster = await TestCluster.start({ nodes: 3, set: settings });
  const folder = join(cluster.data, 'objects');
  renameSync(folder, `${folder}.away`);
  // Whether a node has seen by now that the store is good must not matter: digests, metrics and the limit need no store.
  const { taken, refusal } = await fill(cluster);
  expect(refusal).toMatchObject({
    type: 'https://shortlink.dev/problems/overloaded',
    detail: expect.stringMatching(/16 generations .* object store/),
    retryable: true,
  });
  for (const node of cluster.nodes) {
    await eventually(
      'the metrics to show it',
      async () =>
        (await metric(node, 'shortlink_node_generations_waiting')) === 16 &&
        (await metric(node, 'shortlink_node_hot_bytes')) > maxHotBytes,
    );
  }
  await expectAllThere(cluster, taken);

  renameSync(`${folder}.away`, folder);
  await eventually('writes', async () => {
    const response = await createLink(cluster.node(0), { url: 'https://example.com/b', code: 'b' });
    await response.arrayBuffer();
    // 409: an attempt whose answer did not come in time was done.
    return response.status === 201 || response.status === 409;
  });
  await eventually('the generations to be retired', async () => {
    const waiting = await Promise.all(
      cluster.nodes.map(async (node) => metric(node, 'shortlink_node_generations_waiting')),
    );
    return waiting.every((count) => count === 0);
  });
  await expectAllThere(cluster, taken);
});
