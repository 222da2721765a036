// SPDX-License-Identifier: Apache-2.0
import { assert } from '@shortlink/common/assert.ts';
import { expect, it } from 'vitest';
import { readCluster } from './crd/read-cluster.ts';
import type { ShortLinkCluster } from './crd/shortlink-cluster.gen.ts';
import type { StoreApi } from './ports/store-api.ts';
import { Stores } from './stores.ts';

function cluster(uid: string, spec: object = {}): ShortLinkCluster {
  const read = readCluster({
    apiVersion: 'shortlink.dev/v1alpha1',
    kind: 'ShortLinkCluster',
    metadata: { name: 'links', namespace: 'ns', uid },
    spec: { replicas: 3, storage: { size: '1Gi' }, ...spec },
  });
  assert('cluster' in read, JSON.stringify(read));
  return read.cluster;
}

function opening() {
  const closed: string[] = [];
  const living: ShortLinkCluster[] = [];
  const tokens: (() => string | undefined)[] = [];
  const api = {} as StoreApi;
  const stores = new Stores(
    (current) => {
      const { uid = '' } = current().metadata;
      tokens.push(() => current().spec.apiTokens.secretRef?.name);
      return { ...api, close: () => void closed.push(uid) };
    },
    () => living,
  );
  return { stores, closed, living, tokens };
}

it('opens one store a cluster, which sees the cluster as it is now', () => {
  const { stores, tokens } = opening();
  const store = stores.of(cluster('a'));
  expect(tokens[0]?.()).toBeUndefined();
  expect(stores.of(cluster('a', { apiTokens: { secretRef: { name: 'mine' } } }))).toBe(store);
  expect(tokens.map((token) => token())).toEqual(['mine']);
});

it('closes those of clusters that are gone, also when one of the same name has come', () => {
  const { stores, closed, living } = opening();
  living.push(cluster('a'), cluster('b'));
  for (const one of living) stores.of(one);
  living.splice(0, 1, cluster('c'));
  stores.of(cluster('c'));
  expect(closed).toEqual(['a']);
  stores.close();
  expect(closed).toEqual(['a', 'b', 'c']);
});
