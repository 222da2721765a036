// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { collectionPath, objectPath, queryOf } from './resource-path.ts';

const pods = { apiVersion: 'v1', kind: 'Pod', plural: 'pods', namespaced: true };
const nodes = { apiVersion: 'v1', kind: 'Node', plural: 'nodes', namespaced: false };

test('a path that would mean another object is refused', () => {
  expect(() => objectPath(pods, { namespace: undefined, name: 'a' })).toThrow(/pods a has no namespace/);
  expect(() => objectPath(pods, { namespace: 'ns', name: '' })).toThrow(/no name/);
  expect(() => collectionPath(nodes, 'ns')).toThrow(/nodes have no namespace/);
});

test('names are encoded', () => {
  expect(objectPath(pods, { namespace: 'ns', name: '../secrets' })).toBe('/api/v1/namespaces/ns/pods/..%2Fsecrets');
});

test('parameters that are not set are left out', () => {
  expect(queryOf({ a: undefined })).toBe('');
  expect(queryOf({ a: 1, b: true, c: 'x y', d: undefined })).toBe('?a=1&b=true&c=x+y');
});
