// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { freeBasePort } from '../harness/ports.ts';
import { TestNode } from '../harness/test-node.ts';
import { eventually } from '../harness/wait.ts';

let data: string;
let node: TestNode;

/** One node with the files that a pod has: its zone, a token, later ones of both. */
beforeEach(async () => {
  data = mkdtempSync(join(tmpdir(), 'shortlink-pod-'));
  const basePort = await freeBasePort(1);
  node = new TestNode(data, 0, basePort);
  mkdirSync(node.folder);
  const at = (offset: number): string => `127.0.0.1:${basePort + offset}`;
  const options = {
    'node.name': 'links-0',
    'node.zoneFile': join(data, 'zone'),
    'node.zoneWaitMs': 60_000,
    'node.fenceFile': join(data, 'fenced'),
    'data.dir': node.folder,
    'cluster.initialNodes': [`links-0=${at(300)}`],
    'cluster.join': [at(300), 'nowhere.invalid:8083'],
    'redirect.address': at(0),
    'api.address': at(100),
    'grpc.address': at(200),
    'peer.address': at(300),
    'ops.address': at(400),
    'auth.adminTokenFile': join(data, 'token'),
    'auth.tokensFile': join(data, 'tokens'),
    'shutdown.lameDuckMs': 0,
    'cluster.removalNoticeMs': 3000,
  };
  writeFileSync(join(node.folder, 'config.yaml'), JSON.stringify(options));
  replace('token', 'first\n');
});
afterEach(() => {
  node.stopIfRunning();
  rmSync(data, { recursive: true, force: true });
});

/** As mounts do it: at once. */
function replace(name: string, text: string): void {
  writeFileSync(join(data, `.${name}`), text);
  renameSync(join(data, `.${name}`), join(data, name));
}

async function cluster(token: string): Promise<{ readonly status: number; readonly zones: readonly unknown[] }> {
  const response = await fetch(`${node.api}/api/v1/cluster`, { headers: { authorization: `Bearer ${token}` } });
  const body = (await response.json()) as { readonly nodes?: readonly { readonly zone?: unknown }[] };
  return { status: response.status, zones: body.nodes?.map(({ zone }) => zone) ?? [] };
}

async function startup(): Promise<number> {
  return (await fetch(`${node.ops}/startupz`)).status;
}

it('waits for its zone, says so, and ends at once when it is told to', async () => {
  node.start();
  await eventually('the node to wait', async () => (await node.health())?.waitingFor?.includes('the zone') === true);
  expect(await startup()).toBe(503);
  expect(node.isRunning()).toBe(false);
  node.signalStarted('SIGTERM');
  expect(await node.exitCode()).toBe(0);
});

it('takes up its zone, another one, and other tokens without a restart', async () => {
  node.start();
  await eventually('the node to wait', async () => (await node.health())?.waitingFor?.includes('the zone') === true);
  replace('zone', 'east');
  await eventually('readiness', async () => node.isWritable());
  expect(await startup()).toBe(200);
  const pid = node.pid();
  expect(await cluster('first')).toEqual({ status: 200, zones: ['east'] });

  replace('zone', 'west');
  await eventually('the other zone', async () => (await cluster('first')).zones[0] === 'west');

  replace('token', 'second\n');
  await eventually('the other token', async () => (await cluster('second')).status === 200);
  expect((await cluster('first')).status).toBe(401);
  // A file that cannot be read as tokens leaves those that were.
  replace('tokens', 'nonsense\n');
  await eventually('the log to say so', () => node.log.includes('cannot be used: the old ones count'));
  expect((await cluster('second')).status).toBe(200);
  expect(node.pid()).toBe(pid);
});

it('serves on when it is fenced until others have heard of it, ends, and waits with its volume closed until it is not', async () => {
  replace('zone', 'east');
  node.start();
  await eventually('readiness', async () => node.isWritable());
  replace('fenced', 'true');
  await eventually('it to be not ready', async () => (await fetch(`${node.ops}/readyz`)).status === 503);
  expect((await cluster('first')).status).toBe(200);
  expect(await node.exitCode()).toBe(0);
  node.start();
  await eventually('the fence', async () => (await node.health())?.waitingFor?.includes('fence') === true);
  expect(node.isRunning()).toBe(false);
  replace('fenced', '');
  await eventually('readiness', async () => node.isWritable());
});

it('keeps its zone when it starts again and nobody tells it', async () => {
  replace('zone', 'east');
  node.start();
  await eventually('readiness', async () => node.isWritable());
  await node.terminate();
  rmSync(join(data, 'zone'));
  node.start();
  await eventually('readiness, without a wait', async () => node.isWritable());
  expect((await cluster('first')).zones).toEqual(['east']);
});
