// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { checkHistory } from '../checkers/check-history.ts';
import type { HistoryEvent } from '../checkers/history.ts';
import { linkModel } from '../checkers/models/link.ts';
import type { LinkInput, LinkOutput } from '../checkers/models/link.ts';
import { callLink, createLink, visit } from '../harness/links-api.ts';
import { TestCluster } from '../harness/test-cluster.ts';
import type { TestNode } from '../harness/test-node.ts';

const visitorsPerNode = 6;
const writers = 3;
const codes = 3;
const loadMs = 6000;

/** Redirects that the threads of all nodes answered without the store. */
async function cacheHits(nodes: readonly TestNode[]): Promise<number> {
  const hits = nodes.map(async (node) => {
    const metrics = await (await fetch(`${node.ops}/metrics`)).text();
    return Number(/^shortlink_node_link_cache_lookups_total\{result="hit"\} (\d+)$/m.exec(metrics)?.[1] ?? 0);
  });
  return (await Promise.all(hits)).reduce((sum, count) => sum + count, 0);
}

it('answers redirects from memory, and a change is seen by every visitor of every node at once', async () => {
  await using cluster = await TestCluster.start({ nodes: 3, set: ['redirect.threads=2'] });
  const events: HistoryEvent<LinkInput, LinkOutput>[] = [];
  const endMs = performance.now() + loadMs;
  let nextProcess = 0;
  const client = async (node: TestNode, pauseMs: number, next: (i: number) => LinkInput): Promise<void> => {
    let process = nextProcess++;
    for (let i = 0; performance.now() < endMs; i++) {
      const input = next(i);
      events.push({ process, type: 'invoke', input });
      const output = await callLink(node, input);
      events.push(output === 'unknown' ? { process, type: 'info' } : { process, type: 'ok', output });
      // An operation without an answer may still take effect: whoever goes on is somebody else.
      if (output === 'unknown') process = nextProcess++;
      await sleep(pauseMs);
    }
  };
  // A deleted code is dead for ever, so the codes move on with the time.
  const key = (i: number): string => `k${Math.floor((endMs - performance.now()) / 1000)}-${i % codes}`;
  const change = (writer: number, i: number): LinkInput => {
    const value = `https://example.com/${writer}/${i}`;
    if (i % 20 === 19) return { f: 'delete', key: key(i) };
    return i % 4 === 0 ? { f: 'create', key: key(i), value } : { f: 'update', key: key(i), value };
  };
  await Promise.all([
    ...cluster.nodes.flatMap((node) =>
      Array.from({ length: visitorsPerNode }, async () => client(node, 1, (i) => ({ f: 'get', key: key(i) }))),
    ),
    ...Array.from({ length: writers }, async (_, writer) => client(cluster.node(writer), 5, (i) => change(writer, i))),
  ]);
  expect(checkHistory(events, linkModel)).toEqual({ verdict: 'linearizable' });
  const answered = events.filter((event) => event.type === 'ok').length;
  expect(answered).toBeGreaterThan(500);
  await sleep(1500);
  expect(await cacheHits(cluster.nodes)).toBeGreaterThan(100);
});

it('a link that is remembered is gone from the moment of its expiry on', async () => {
  await using cluster = await TestCluster.start({ nodes: 3 });
  const expiresAtMs = Date.now() + 3000;
  const body = { url: 'https://example.com/', code: 'soon', expiresAt: new Date(expiresAtMs).toISOString() };
  expect((await createLink(cluster.node(0), body)).status).toBe(201);
  let alive = 0;
  for (;;) {
    const askedMs = Date.now();
    const statuses = await Promise.all(cluster.nodes.map(async (node) => (await visit(node, 'soon')).status));
    if (askedMs >= expiresAtMs) {
      expect(statuses).toEqual([410, 410, 410]);
      break;
    }
    if (Date.now() < expiresAtMs) {
      expect(statuses).toEqual([302, 302, 302]);
      alive++;
    }
    await sleep(20);
  }
  expect(alive).toBeGreaterThan(3);
});
