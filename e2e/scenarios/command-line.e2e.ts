// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, it } from 'vitest';
import { cli } from '../harness/command-line.ts';
import type { Ran } from '../harness/command-line.ts';
import { freeBasePort } from '../harness/ports.ts';
import { shortlink } from '../harness/program.ts';
import { TestCluster } from '../harness/test-cluster.ts';
import { isAlive, TestNode } from '../harness/test-node.ts';
import { eventually } from '../harness/wait.ts';

it('does with links and keys what it says, and tells failures apart by its exit code', async () => {
  await using cluster = await TestCluster.start({ nodes: 3, shards: 4 });
  const run = async (...args: string[]): Promise<Ran> => cli(cluster, ...args);

  expect(await run('link', 'create', 'https://example.com/a', '--code', 'one', '--creator-id', 'me')).toMatchObject({
    exitCode: 0,
  });
  expect(JSON.parse((await run('link', 'get', 'one', '--output', 'json')).out)).toMatchObject({
    code: 'one',
    url: 'https://example.com/a',
    creatorId: 'me',
  });
  expect(await run('link', 'create', 'https://example.com/b', '--code', 'one')).toMatchObject({ exitCode: 4, out: '' });
  expect(await run('link', 'create', 'nonsense')).toMatchObject({ exitCode: 2, out: '' });
  expect(await run('link', 'get', 'two')).toMatchObject({ exitCode: 3, out: '' });
  expect(await run('link', 'update', 'one', '--url', 'https://example.com/c')).toMatchObject({ exitCode: 0 });
  expect((await run('link', 'list', '--creator-id', 'me')).out).toMatch(/^one +https:\/\/example\.com\/c/m);
  expect(await run('link', 'delete', 'one')).toMatchObject({ exitCode: 0 });
  expect(await run('link', 'get', 'one')).toMatchObject({ exitCode: 3 });

  for (const key of ['b', 'a', 'c']) expect(await run('set', key, `value of ${key}`)).toMatchObject({ exitCode: 0 });
  expect(await run('get', 'a')).toMatchObject({ exitCode: 0, out: 'value of a' });
  expect(await run('set', 'a', 'x', '--if-revision', '999999')).toMatchObject({ exitCode: 4 });
  const rows: unknown = JSON.parse((await run('scan', 'a', 'c', '--output', 'json')).out);
  expect(rows).toMatchObject([{ key: 'a' }, { key: 'b' }]);
  expect(await run('delete', 'a')).toMatchObject({ exitCode: 0 });
  expect(await run('get', 'a')).toMatchObject({ exitCode: 3 });
});

it('goes on with the next node when one is dead, and says which one does not answer', async () => {
  await using cluster = await TestCluster.start({ nodes: 3 });
  await cluster.node(0).kill();
  await eventually('dev to say so', () => cluster.output.includes('node0 ended (SIGKILL)'));
  expect(await cli(cluster, 'link', 'create', 'https://example.com')).toMatchObject({ exitCode: 0 });
  const ping = await cli(cluster, 'ping');
  expect(ping).toMatchObject({ exitCode: 5 });
  expect(ping.err).toContain('no answer from node0');
  cluster.node(0).start();
  await cluster.ready();
  expect(await cli(cluster, 'ping')).toMatchObject({ exitCode: 0 });
});

it('adds a node to the folder of dev and takes another one away', async () => {
  await using cluster = await TestCluster.start({ nodes: 3 });
  expect((await cli(cluster, 'add-node', '--data', cluster.data)).out).toMatch(/^start it: .*node3.config\.yaml$/);
  const added = new TestNode(cluster.data, 3, cluster.basePort);
  added.start();
  await cluster.ready([added]);
  expect(await cli(cluster, 'remove-node', 'node0', '--timeout', '60s')).toMatchObject({
    exitCode: 0,
    out: 'node0 is removed',
  });
  await cluster.node(0).terminate();
  const { out } = await cli(cluster, 'info');
  expect(out).not.toMatch(/^node0 /m);
  expect(out).toMatch(/^1 +node\d +node\d, node\d, node\d$/m);
  await added.terminate();
});

it.each(['SIGTERM', 'SIGINT', 'SIGKILL'] as const)('leaves no node behind when dev ends by %s', async (signal) => {
  const data = mkdtempSync(join(tmpdir(), 'shortlink-e2e-'));
  const basePort = await freeBasePort(3);
  const nodes = [0, 1, 2].map((index) => new TestNode(data, index, basePort));
  const args = ['dev', '--nodes', '3', '--data', data, '--base-port', String(basePort)];
  const dev = spawn(shortlink, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  const ended = once(dev, 'exit');
  for await (const line of createInterface({ input: dev.stdout })) if (line === 'ready') break;
  const pids = nodes.map((node) => node.pid());
  expect(pids.every(isAlive)).toBe(true);
  dev.kill(signal);
  expect(await ended).toEqual(signal === 'SIGKILL' ? [null, signal] : [0, null]);
  await eventually('all nodes to end', () => !pids.some(isAlive));
  rmSync(data, { recursive: true });
});
