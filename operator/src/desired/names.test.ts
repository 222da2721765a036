// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { claimName, clusterLabel, objectNames, podHost, podName, selectorText } from './names.ts';

it('names are those that users and tests rely on', () => {
  expect(objectNames('links')).toMatchObject({
    statefulSet: 'links',
    nodesService: 'links-nodes',
    redirectService: 'links-redirect',
    apiService: 'links-api',
    adminToken: 'links-admin-token',
  });
  expect([podName('links', 2), claimName('links', 2)]).toEqual(['links-2', 'data-links-2']);
  expect(podHost({ name: 'links', namespace: 'web' }, 'links-2')).toBe('links-2.links-nodes.web.svc');
  expect(clusterLabel).toBe('shortlink.dev/cluster');
  expect(selectorText('links')).toBe('shortlink.dev/cluster=links,app.kubernetes.io/component=node');
});

it('names of pods and services stay within 63 characters for the longest name of a cluster', () => {
  const name = 'x'.repeat(40);
  for (const text of [...Object.values(objectNames(name)), podName(name, 63)]) expect(text.length).toBeLessThan(64);
});
