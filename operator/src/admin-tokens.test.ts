// SPDX-License-Identifier: Apache-2.0
import { assert } from '@shortlink/common/assert.ts';
import { expect, it } from 'vitest';
import { KubeDouble } from '../testing/kube-double.ts';
import { AdminTokens } from './admin-tokens.ts';
import { readCluster } from './crd/read-cluster.ts';
import { resources } from './desired/resources.ts';

const { signal } = new AbortController();

it('reads the token of a cluster, and notices a new one half a minute later', async () => {
  const double = new KubeDouble();
  const api = double.connect();
  const metadata = { name: 'links', namespace: 'default' };
  const spec = { replicas: 3, storage: { size: '1Gi' } };
  const read = readCluster({ apiVersion: 'shortlink.dev/v1alpha1', kind: 'ShortLinkCluster', metadata, spec });
  assert('cluster' in read, 'the object is valid');
  const tokens = new AdminTokens(api, double.clock);
  expect(await tokens.of(read.cluster, signal)).toBe('');
  const secret = (token: string) => {
    const about = { name: 'links-admin-token', namespace: 'default' };
    return { apiVersion: 'v1', kind: 'Secret', metadata: about, data: { token: btoa(`${token}\n`) } };
  };
  await api.create(resources.secret, secret('one'), signal);
  expect(await tokens.of(read.cluster, signal)).toBe('one');
  const manager = { fieldManager: 'test', force: true };
  await api.apply(resources.secret, secret('two'), manager, signal);
  expect(await tokens.of(read.cluster, signal)).toBe('one');
  await double.clock.advance(30_000);
  expect(await tokens.of(read.cluster, signal)).toBe('two');
});
