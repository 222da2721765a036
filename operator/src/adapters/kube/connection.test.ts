// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import { afterAll, expect, test } from 'vitest';
import { KubeConnection } from './connection.ts';

const folder = mkdtempSync(join(tmpdir(), 'kube-connection-'));
afterAll(() => rmSync(folder, { recursive: true }));

const base = { name: 'c', server: 'https://api.example:6443/' };

function connect(cluster: object, user: object): KubeConnection {
  const config = new KubeConfig();
  config.loadFromClusterAndUser({ ...base, ...cluster, skipTLSVerify: false }, { name: 'u', ...user });
  return new KubeConnection(config);
}

test('connections are kept while the credentials are the same, and made anew when they change', async () => {
  const caFile = join(folder, 'ca.crt');
  writeFileSync(caFile, 'one');
  const connection = connect({ caFile }, { token: 't' });
  const first = await connection.target();
  expect((await connection.target()).callAgent).toBe(first.callAgent);
  writeFileSync(caFile, 'two');
  const second = await connection.target();
  expect(second.callAgent).not.toBe(first.callAgent);
  expect(second.callAgent).toMatchObject({ options: { ca: Buffer.from('two') }, keepAlive: true });
  connection.close();
});

test('watches have connections of their own', async () => {
  const target = await connect({}, { token: 't' }).target();
  expect(target.watchAgent).not.toBe(target.callAgent);
});

test('names and passwords become a header', async () => {
  const target = await connect({}, { username: 'me', password: 'secret' }).target();
  expect(target.headers['Authorization']).toBe(`Basic ${btoa('me:secret')}`);
});

test('the server has no slash at its end', async () => {
  const connection = connect({}, { token: 't' });
  expect([connection.host, (await connection.target()).server]).toEqual([
    'api.example:6443',
    'https://api.example:6443',
  ]);
});

test('a proxy of the kubeconfig is used', async () => {
  const target = await connect({ proxyUrl: 'http://proxy.example:3128' }, { token: 't' }).target();
  expect(target.callAgent.constructor.name).toBe('HttpsProxyAgent');
});

test('a kubeconfig without a cluster is refused with what to do', () => {
  const config = new KubeConfig();
  config.loadFromString('apiVersion: v1\nkind: Config\nclusters: []\nusers: []\ncontexts: []\n');
  expect(() => new KubeConnection(config)).toThrow(/set current-context/);
});
