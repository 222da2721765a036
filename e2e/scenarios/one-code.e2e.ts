// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { createLink } from '../harness/links-api.ts';
import { TestCluster } from '../harness/test-cluster.ts';

it('gives one code to exactly one of 1,000 parallel creators over three gateways', async () => {
  await using cluster = await TestCluster.start({ nodes: 3 });
  const statuses = await Promise.all(
    Array.from({ length: 1000 }, async (_, i) => {
      const response = await createLink(cluster.node(i % 3), { url: `https://example.com/${i}`, code: 'wanted' });
      await response.arrayBuffer();
      return response.status;
    }),
  );
  expect(statuses.filter((status) => status === 201)).toHaveLength(1);
  expect(statuses.filter((status) => status === 409)).toHaveLength(999);
});

it('answers a retry through any gateway with the first answer, also without a code', async () => {
  await using cluster = await TestCluster.start({ nodes: 3, shards: 4 });
  const answers = [];
  for (const node of cluster.nodes) {
    const response = await createLink(node, { url: 'https://example.com/once' }, { 'idempotency-key': 'order-77' });
    expect(response.status).toBe(201);
    answers.push(await response.json());
  }
  expect(answers[1]).toEqual(answers[0]);
  expect(answers[2]).toEqual(answers[0]);
  const other = await createLink(
    cluster.node(1),
    { url: 'https://example.com/other' },
    { 'idempotency-key': 'order-77' },
  );
  expect(other.status).toBe(422);
});
