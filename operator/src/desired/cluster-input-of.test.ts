// SPDX-License-Identifier: Apache-2.0
import { dirname } from 'node:path';
import { expect, it } from 'vitest';
import { readCluster } from '../crd/read-cluster.ts';
import { readFixture } from '../crd/testing/rule-cases.ts';
import type { ClusterInput } from './cluster-input.ts';
import { clusterInputOf } from './cluster-input-of.ts';
import { minimalCluster, withPod } from './testing/inputs.ts';

const root = dirname(dirname(dirname(import.meta.dirname)));

function inputOf(written: unknown): ClusterInput {
  const read = readCluster(written);
  if ('problems' in read) throw new Error(JSON.stringify(read.problems));
  return clusterInputOf(read.cluster, 'shortlink/node:1.0.0');
}

/** The smallest object, under the name of the tests, with something changed. */
function minimal(spec: object = {}): object {
  const written = readFixture(root, 'minimal.yaml');
  const { name, namespace, uid } = minimalCluster;
  return { ...written, metadata: { name, namespace, uid }, spec: { ...(written['spec'] as object), ...spec } };
}

it('the smallest object has what its defaults say, TLS included', () => {
  const input = inputOf(minimal());
  expect(input).toMatchObject({
    suspend: false,
    networkPolicy: true,
    services: { redirect: { type: 'ClusterIP' }, api: { type: 'ClusterIP' } },
    pod: {
      image: 'shortlink/node:1.0.0',
      lameDuckMs: 2000,
      stopTimeoutMs: 20_000,
      tlsSecret: 'links-nodes-tls',
      tokensSecret: 'links-admin-token',
      zoneSpread: 'Preferred',
      zoneLabel: 'topology.kubernetes.io/zone',
      hostSpread: 'Preferred',
    },
  });
  expect(input.pod.podTemplate).toBeUndefined();
});

it('Secrets are those that the object names', () => {
  const input = inputOf(
    minimal({ tls: { mode: 'Secret', secretRef: { name: 'mine' } }, apiTokens: { secretRef: { name: 'tokens' } } }),
  );
  expect(input.pod).toMatchObject({ tlsSecret: 'mine', tokensSecret: 'tokens' });
  expect(inputOf(minimal({ tls: { mode: 'Disabled' } })).pod.tlsSecret).toBeUndefined();
});

it('an object with every field set gives every field of the input a value', () => {
  const input = inputOf(readFixture(root, 'full.yaml'));
  const wanted: readonly (keyof ClusterInput['pod'])[] = [
    'credentialsSecret',
    'tlsSecret',
    'nodeSelector',
    'tolerations',
    'affinity',
    'priorityClassName',
    'podTemplate',
  ];
  for (const field of wanted) expect(input.pod[field], field).toBeDefined();
  expect(input.pod.imagePullSecrets).not.toEqual([]);
  expect(input.pod.options).not.toEqual({});
});

it('a bucket that is taken over is that of the object', () => {
  const input = inputOf(minimal({ bootstrap: { fromObjectStore: { mode: 'Adopt', clusterID: 'ab-1' } } }));
  expect(input.rebuild).toEqual({ clusterId: 'ab-1', adopt: true, skipDamaged: false, again: false });
  expect(inputOf(minimal()).rebuild).toBeUndefined();
});

it('a default that is written out changes nothing', () => {
  const written = { shutdown: { lameDuck: '2000ms' }, redirect: { status: 302 }, tls: { mode: 'Managed' } };
  expect(inputOf(minimal(written))).toEqual(inputOf(minimal()));
  expect(inputOf(minimal({ redirect: { status: 307 } }))).not.toEqual(inputOf(minimal()));
});

it('what is asked of the pods only has an effect there', () => {
  const one = inputOf(minimal({ podTemplate: { metadata: { labels: { a: 'b' } } } }));
  expect(one.pod.podTemplate?.labels).toEqual({ a: 'b' });
  expect({ ...one, pod: undefined }).toEqual({ ...inputOf(minimal()), pod: undefined });
  expect(withPod({}).pod.podTemplate).toBeUndefined();
});
