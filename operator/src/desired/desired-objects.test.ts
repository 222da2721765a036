// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import type { ClusterInput, Facts, PodInput } from './cluster-input.ts';
import { adminTokenSecret, configMap, settledInitialReplicas } from './configuration.ts';
import { desiredObjects } from './desired-objects.ts';
import { selectorText } from './names.ts';
import { podTemplate } from './pod-template.ts';
import { statefulSet } from './stateful-set.ts';
import { formedFacts, fullCluster, minimalCluster, newFacts, rebuiltCluster, withPod } from './testing/inputs.ts';

function render(cluster: ClusterInput, facts: Facts): string {
  const { present, absent } = desiredObjects(cluster, facts);
  const documents = present.map(({ object }) =>
    stringify(object, { lineWidth: 0, aliasDuplicateObjects: false, singleQuote: true }),
  );
  const gone = absent.map(({ resource, name }) => `# none: ${resource.kind} ${name}\n`);
  return `# SPDX-License-Identifier: Apache-2.0\n${gone.join('')}---\n${documents.join('---\n')}`;
}

describe('the objects of a cluster', () => {
  it.each<[string, ClusterInput, Facts]>([
    ['minimal', minimalCluster, newFacts],
    ['full', fullCluster, { ...formedFacts, replicas: 5, claimSize: '50Gi' }],
    ['one-replica', minimalCluster, { replicas: 1, initialReplicas: 1, formed: false }],
    ['suspended', { ...minimalCluster, suspend: true }, formedFacts],
    ['tls', withPod({ tlsSecret: 'links-nodes-tls' }), formedFacts],
    ['rebuilt', rebuiltCluster, newFacts],
  ])('are those of testdata/%s.yaml', async (name, cluster, facts) => {
    await expect(render(cluster, facts)).toMatchFileSnapshot(join(import.meta.dirname, 'testdata', `${name}.yaml`));
  });

  it('belong to the cluster, all of them', () => {
    for (const { object } of desiredObjects(fullCluster, formedFacts).present) {
      expect(object.metadata.ownerReferences).toMatchObject([{ uid: fullCluster.uid, controller: true }]);
      expect(object.metadata.labels).toMatchObject({ 'shortlink.dev/cluster': 'links' });
      expect(object.metadata.namespace).toBe('web');
    }
  });

  it('have the kinds of their resources', () => {
    for (const { resource, object } of desiredObjects(minimalCluster, newFacts).present)
      expect([object.apiVersion, object.kind]).toEqual([resource.apiVersion, resource.kind]);
  });

  it('include a PodMonitor where one is asked for and Kubernetes knows what that is', () => {
    const asking = { ...minimalCluster, podMonitor: { interval: '15s', labels: { release: 'prometheus' } } };
    const of = (cluster: ClusterInput, servesPodMonitors?: boolean) => {
      const { present, absent } = desiredObjects(cluster, { ...formedFacts, servesPodMonitors });
      return [present, absent].map((all) => all.filter(({ resource }) => resource.kind === 'PodMonitor'));
    };
    expect(of(asking)).toEqual([[], []]);
    expect(of(asking, false)).toEqual([[], []]);
    expect(of(minimalCluster, true)).toMatchObject([[], [{ name: 'links-nodes' }]]);
    const [[made] = [], absent] = of(asking, true);
    expect(absent).toEqual([]);
    expect(made).toMatchObject({
      object: {
        metadata: { name: 'links-nodes', labels: { release: 'prometheus', 'shortlink.dev/cluster': 'links' } },
        spec: {
          selector: { matchLabels: { 'shortlink.dev/cluster': 'links' } },
          podMetricsEndpoints: [
            {
              port: 'ops',
              path: '/metrics',
              interval: '15s',
              relabelings: [
                {
                  sourceLabels: ['__meta_kubernetes_pod_label_shortlink_dev_cluster'],
                  targetLabel: 'shortlink_cluster',
                },
              ],
            },
          ],
        },
      },
    });
  });

  it('include the Secret of the token only where one is to be created', () => {
    expect(desiredObjects(minimalCluster, newFacts).present.map(({ object }) => object.kind)).not.toContain('Secret');
    expect(adminTokenSecret(minimalCluster, 'abc')).toMatchObject({
      kind: 'Secret',
      metadata: { name: 'links-admin-token' },
      stringData: { token: 'abc' },
    });
  });
});

/** A pod as arbitrary as the CRD lets users make it. */
const overlays: fc.Arbitrary<PodInput['podTemplate']> = fc.record(
  {
    labels: fc.dictionary(fc.constantFrom('a', 'shortlink.dev/cluster', 'app.kubernetes.io/component'), fc.string()),
    annotations: fc.dictionary(fc.constantFrom('b', 'shortlink.dev/pod-hash'), fc.string()),
    spec: fc.record(
      {
        containers: fc.array(
          fc.record(
            {
              name: fc.constantFrom('node', 'other'),
              image: fc.string(),
              command: fc.array(fc.string()),
              args: fc.constantFrom(null, ['x']),
              env: fc.array(fc.record({ name: fc.constantFrom('POD_NAME', 'X'), value: fc.string() })),
              volumeMounts: fc.array(
                fc.record({
                  name: fc.string(),
                  mountPath: fc.constantFrom('/data', '/data/store', '//data', '/etc/shortlink/config', '/x'),
                }),
              ),
              ports: fc.array(fc.record({ containerPort: fc.constantFrom(8083, 1), name: fc.string() })),
            },
            { requiredKeys: ['name'] },
          ),
        ),
        volumes: fc.array(fc.record({ name: fc.constantFrom('config', 'pod', 'y'), hostPath: fc.object() })),
        automountServiceAccountToken: fc.boolean(),
        restartPolicy: fc.constantFrom('Never', null),
        terminationGracePeriodSeconds: fc.integer(),
        anything: fc.jsonValue(),
      },
      { requiredKeys: [] },
    ),
  },
  { requiredKeys: [] },
);

const clusters: fc.Arbitrary<ClusterInput> = fc
  .record({
    size: fc.constantFrom('1Gi', '2Gi'),
    suspend: fc.boolean(),
    networkPolicy: fc.boolean(),
    image: fc.constantFrom('a:1', 'a:2'),
    zoneSpread: fc.constantFrom('Preferred' as const, 'Required' as const, 'Disabled' as const),
    podTemplate: overlays,
    threads: fc.integer({ min: 1, max: 4 }),
  })
  .map(({ size, suspend, networkPolicy, image, zoneSpread, podTemplate: overlay, threads }) =>
    withPod(
      { image, zoneSpread, podTemplate: overlay, options: { 'redirect.threads': threads } },
      { storage: { size }, suspend, networkPolicy },
    ),
  );

const allFacts: fc.Arbitrary<Facts> = fc.record({
  replicas: fc.integer({ min: 1, max: 64 }),
  initialReplicas: fc.integer({ min: 1, max: 15 }),
  formed: fc.boolean(),
});

describe('for every cluster', () => {
  it('the builder is a function of its input', () => {
    const text = (cluster: ClusterInput, facts: Facts): string => JSON.stringify(desiredObjects(cluster, facts));
    fc.assert(
      fc.property(clusters, allFacts, (cluster, facts) => {
        expect(text(structuredClone(cluster), structuredClone(facts))).toBe(text(cluster, facts));
      }),
    );
  });

  it('what chooses the pods, and what the StatefulSet cannot change, never changes', () => {
    fc.assert(
      fc.property(clusters, allFacts, (cluster, facts) => {
        const { spec } = statefulSet(cluster, { ...facts, claimSize: '1Gi' });
        const { template: _, replicas: __, ...fixed } = spec;
        const { template: ___, replicas: ____, ...expected } = statefulSet(minimalCluster, newFacts).spec;
        expect(fixed).toEqual(expected);
        expect(spec.template.metadata.labels).toMatchObject(spec.selector.matchLabels);
        for (const { object } of desiredObjects(cluster, facts).present) {
          const own = (object as { spec?: { selector?: { matchLabels?: unknown } } }).spec?.selector;
          if (own !== undefined) expect(own.matchLabels ?? own).toEqual(spec.selector.matchLabels);
        }
        expect(selectorText('links')).toBe('shortlink.dev/cluster=links,app.kubernetes.io/component=node');
      }),
    );
  });

  it('no template of a user takes away who a node is, what it runs, and where its data is', () => {
    fc.assert(
      fc.property(clusters, (cluster) => {
        const { spec, metadata } = podTemplate(cluster, newFacts);
        const plain = podTemplate(withPod({ ...cluster.pod, podTemplate: undefined }), newFacts).spec;
        const node = (pod: typeof spec) => (pod['containers'] as Record<string, unknown>[])[0] ?? {};
        for (const field of ['name', 'image', 'command', 'args']) expect(node(spec)[field]).toEqual(node(plain)[field]);
        for (const field of ['env', 'ports', 'volumeMounts'])
          expect(node(spec)[field]).toEqual(expect.arrayContaining(node(plain)[field] as unknown[]));
        const mountPaths = (node(spec)['volumeMounts'] as { mountPath: string }[]).map(({ mountPath }) => mountPath);
        expect(mountPaths.filter((path) => /^\/+data(?:\/|$)/.test(path))).toEqual(['/data']);
        expect(spec['volumes']).toEqual(expect.arrayContaining(plain['volumes'] as unknown[]));
        for (const field of ['restartPolicy', 'terminationGracePeriodSeconds', 'automountServiceAccountToken'])
          expect(spec[field]).toEqual(plain[field]);
        expect(metadata.labels).toMatchObject(statefulSet(cluster, newFacts).spec.selector.matchLabels);
      }),
    );
  });
});

describe('a cluster that is rebuilt from an object store', () => {
  it('is rebuilt on one volume until it is there, and never again', () => {
    const specOf = (facts: Facts) => statefulSet(rebuiltCluster, facts).spec.template.spec;
    expect(specOf(newFacts)['initContainers']).toMatchObject([{ name: 'rebuild' }]);
    expect(specOf(formedFacts)['initContainers']).toBeUndefined();
    expect(settledInitialReplicas(configMap(rebuiltCluster, newFacts))).toBe(1);
  });
});

describe('a pod is outdated', () => {
  const hashOf = (cluster: ClusterInput): string | undefined =>
    podTemplate(cluster, newFacts).metadata.annotations['shortlink.dev/pod-hash'];

  it('when its image, an option, its resources or its template change', () => {
    const changes: Partial<PodInput>[] = [
      { image: 'shortlink/node:2' },
      { options: { 'redirect.threads': 2 } },
      { resources: { requests: { cpu: '1' } } },
      { tlsSecret: 'another' },
      { podTemplate: { annotations: { restarted: 'now' } } },
    ];
    const hashes = [hashOf(minimalCluster), ...changes.map((change) => hashOf(withPod(change)))];
    expect(new Set(hashes).size).toBe(hashes.length);
  });

  it('not by what has nothing to do with pods, nor by who founds the cluster', () => {
    const others = [
      { ...minimalCluster, suspend: true },
      { ...minimalCluster, storage: { size: '9Gi' } },
      { ...minimalCluster, networkPolicy: false },
      withPod({ tolerations: [], nodeSelector: {}, podTemplate: {} }),
    ];
    for (const other of others) expect(hashOf(other)).toBe(hashOf(minimalCluster));
  });

  it('never by an upgrade of the operator: the hash of an input stays what it is', () => {
    expect(hashOf(minimalCluster)).toMatchInlineSnapshot(`"e831af26f44640dd"`);
    expect(hashOf(fullCluster)).toMatchInlineSnapshot(`"0c1e671e14c4c73d"`);
  });
});

describe('node.yaml', () => {
  const optionsOf = (cluster: ClusterInput, facts: Facts): Record<string, unknown> =>
    parse(configMap(cluster, facts).data['node.yaml'] ?? '') as Record<string, unknown>;

  it('names the founders until the cluster has formed, and never again', () => {
    expect(optionsOf(minimalCluster, newFacts)['cluster.initialNodes']).toEqual([
      'links-0=links-0.links-nodes.web.svc:8083',
      'links-1=links-1.links-nodes.web.svc:8083',
      'links-2=links-2.links-nodes.web.svc:8083',
    ]);
    expect(optionsOf(minimalCluster, formedFacts)['cluster.initialNodes']).toEqual([]);
  });

  it('keeps the founders when the cluster is scaled before it has formed, and tells the rest whom to ask', () => {
    const options = optionsOf(minimalCluster, { ...newFacts, replicas: 5 });
    expect(options['cluster.initialNodes']).toHaveLength(3);
    expect(options['cluster.join']).toHaveLength(5);
  });

  it('stays within what the options of a node take', () => {
    const options = optionsOf(minimalCluster, {
      replicas: 64,
      initialReplicas: 64,
      formed: false,
    });
    expect(options['cluster.initialNodes']).toHaveLength(15);
    expect(options['cluster.join']).toHaveLength(32);
  });

  it('is not how users move files, ports or data', () => {
    const options = optionsOf(
      withPod({ options: { 'node.zoneFile': '/elsewhere', 'ops.address': '0.0.0.0:1' } }),
      newFacts,
    );
    expect(options).toMatchObject({ 'node.zoneFile': '/etc/shortlink/pod/zone', 'ops.address': '0.0.0.0:9090' });
  });

  it('comes with the number of founders, which is read again', () => {
    expect(settledInitialReplicas(configMap(minimalCluster, { ...newFacts, replicas: 7 }))).toBe(3);
    expect(settledInitialReplicas(undefined)).toBeUndefined();
  });
});
