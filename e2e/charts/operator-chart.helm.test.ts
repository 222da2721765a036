// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { findHelm } from '../harness/helm.ts';
import { root } from '../harness/program.ts';
import { operatorCases } from './testing/cases.ts';
import { canonical, Chart, type Json, type Manifest } from './testing/chart.ts';
import { objections, podSpecOf } from './testing/restricted.ts';
import { schemaPaths, valuePaths } from './testing/schema-paths.ts';

const helm = await findHelm();
if ('missing' in helm) process.stderr.write(`tests of charts are skipped: ${helm.missing}\n`);
const chart = new Chart('path' in helm ? helm.path : '', 'shortlink-operator', 'shortlink-operator');
const crdName = 'shortlinkclusters.shortlink.dev';

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

interface Env {
  readonly name: string;
  readonly value?: string;
}

const namesWithRoles = Object.keys(operatorCases).filter((name) => name !== 'own-account');
const ruleText = (namespace: string, { apiGroups, resources, resourceNames, verbs }: Rule): string =>
  JSON.stringify([namespace, apiGroups, resources, resourceNames, verbs]);
const rulesOf = (manifest: Manifest): readonly Rule[] => manifest['rules'] as readonly Rule[];
const rolesOf = (manifests: readonly Manifest[], kind: string): Manifest[] =>
  manifests.filter((one) => one.kind === kind && one.metadata.labels?.['helm.sh/chart'] !== undefined);
const isForPeople = ({ metadata }: Manifest): boolean => /-(?:view|edit)$/.test(metadata.name);

describe.skipIf('missing' in helm)('the chart of the operator', () => {
  describe.each(Object.entries(operatorCases))('with the values %s', (name, values) => {
    it('passes helm lint, and renders what is in testdata', async () => {
      expect(await chart.lint(values)).toContain('0 chart(s) failed');
      const manifests = await chart.render(values);
      const file = join(import.meta.dirname, 'testdata', `operator-${name}.yaml`);
      await expect(canonical(manifests)).toMatchFileSnapshot(file);
    });

    it('has pods that the standard "restricted" admits', async () => {
      const pods = (await chart.render(values)).flatMap((one) => podSpecOf(one) ?? []);
      expect(pods).toHaveLength(2);
      expect(pods.flatMap(objections)).toEqual([]);
    });

    it('gives the operator flags that it has', async () => {
      const reference = readFileSync(join(root, 'docs', 'reference', 'operator.md'), 'utf8');
      const deployment = (await chart.render(values)).find(({ kind }) => kind === 'Deployment');
      const [container] = deployment === undefined ? [] : (podSpecOf(deployment)?.containers ?? []);
      const args = (container?.['args'] ?? []) as readonly string[];
      const flags = args.map((flag) => /^--([^=]+)=./.exec(flag)?.[1]);
      expect(flags.length).toBeGreaterThan(5);
      for (const flag of flags) expect(reference).toContain(`| \`${flag}\`<br>`);
    });
  });

  it('brings alerts with links to their runbooks, and dashboards as they are, where they are asked for', async () => {
    const labels = { release: 'prometheus' };
    const rules = { enabled: true, labels, runbookBaseUrl: 'https://example.com/runbooks/' };
    const manifests = await chart.render({ monitoring: { rules, dashboards: { enabled: true } } });
    const rule = manifests.find(({ kind }) => kind === 'PrometheusRule');
    const source = readFileSync(join(root, 'charts/shortlink-operator/rules/shortlink.yaml'), 'utf8');
    expect(rule?.metadata.labels).toMatchObject(labels);
    expect(rule?.['spec']).toEqual(parse(source.replaceAll('RUNBOOKS/', 'https://example.com/runbooks/')));
    const boards = manifests.filter(({ metadata }) => metadata.labels?.['grafana_dashboard'] === '1');
    const files = boards.flatMap((board) => Object.entries(board['data'] as Readonly<Record<string, string>>));
    expect(files.map(([name]) => name).toSorted()).toEqual([
      'shortlink-cluster.json',
      'shortlink-node.json',
      'shortlink-operator.json',
    ]);
    for (const [name, text] of files)
      expect(text).toBe(readFileSync(join(root, 'charts/shortlink-operator/dashboards', name), 'utf8'));
    const without = (await chart.render()).map(({ kind }) => kind);
    expect(without).not.toContain('PrometheusRule');
  });

  it('installs the definition as it is in crds/, and leaves it behind', async () => {
    const [crd] = (await chart.render()).filter(({ kind }) => kind === 'CustomResourceDefinition');
    const source = parse(readFileSync(join(root, 'crds', 'shortlink.dev_shortlinkclusters.yaml'), 'utf8')) as Json;
    expect(crd?.metadata).toMatchObject({ name: crdName, annotations: { 'helm.sh/resource-policy': 'keep' } });
    expect(crd?.['spec']).toEqual(source['spec']);
    const without = await chart.render({ crds: { create: false } });
    expect(without.map(({ kind }) => kind)).not.toContain('CustomResourceDefinition');
  });

  it('narrows its rights to Roles in the namespaces that are watched', async () => {
    const wide = rolesOf(await chart.render(), 'ClusterRole').filter((one) => !isForPeople(one));
    const narrow = await chart.render({ watchNamespaces: ['a', 'b'] });
    const ofMachines = rolesOf(narrow, 'ClusterRole').filter((one) => !isForPeople(one));
    const roles = rolesOf(narrow, 'Role').filter(({ metadata }) => metadata.namespace !== 'shortlink-system');
    expect(wide).toHaveLength(1);
    expect(ofMachines.flatMap(rulesOf).flatMap(({ resources }) => resources)).toEqual(['nodes', 'storageclasses']);
    expect(roles.map(({ metadata }) => metadata.namespace)).toEqual(['a', 'b']);
    const [all] = wide;
    for (const role of roles) expect([...rulesOf(role), ...ofMachines.flatMap(rulesOf)]).toEqual(all?.['rules']);
  });

  it.each(namesWithRoles)('asks in helm test for all that its roles grant, with the values %s', async (name) => {
    const manifests = await chart.render(operatorCases[name]);
    const pod = manifests.find(({ kind }) => kind === 'Pod');
    const env = ((pod === undefined ? undefined : podSpecOf(pod))?.containers[0]?.['env'] ?? []) as readonly Env[];
    const rights = JSON.parse(env.find((one) => one.name === 'RIGHTS')?.value ?? '[]') as readonly {
      readonly namespace: string;
      readonly rules: readonly Rule[];
    }[];
    const granted = [...rolesOf(manifests, 'ClusterRole'), ...rolesOf(manifests, 'Role')]
      .filter((role) => !isForPeople(role))
      .flatMap((role) => rulesOf(role).map((rule) => ruleText(role.metadata.namespace ?? '', rule)));
    const asked = rights.flatMap(({ namespace, rules }) => rules.map((rule) => ruleText(namespace, rule)));
    expect(asked.length).toBeGreaterThan(10);
    expect(asked.toSorted()).toEqual(granted.toSorted());
  });

  it.each(Object.entries(operatorCases))('grants no wildcard, with the values %s', async (_name, values) => {
    const manifests = await chart.render(values);
    const rules = [...rolesOf(manifests, 'ClusterRole'), ...rolesOf(manifests, 'Role')].flatMap(rulesOf);
    const words = rules.flatMap(({ apiGroups, resources, verbs }) => [...apiGroups, ...resources, ...verbs]);
    expect(words.filter((word) => word.includes('*') || word === 'escalate' || word === 'bind')).toEqual([]);
  });

  it('has a schema that names every value of values.yaml, and refuses all others', () => {
    const known = schemaPaths(chart.schema());
    const paths = valuePaths(chart.valuesFile());
    expect(paths.length).toBeGreaterThan(50);
    const missing = paths.filter(
      (path) => !known.has(path) && !/^(?:pod)?(?:S|s)ecurityContext\.|^resources\./.test(path),
    );
    expect(missing).toEqual([]);
    expect([...known].filter(([, { isClosed }]) => !isClosed).map(([path]) => path)).toEqual([]);
    const unnamed = [...known.keys()].filter((path) => path !== '' && path !== 'global' && !paths.includes(path));
    expect(unnamed.filter((path) => !/^(?:resources|affinity)\./.test(path))).toEqual([]);
  });

  it.each<[string, Json]>([
    ['replcas', { replcas: 2 }],
    ['/replicas', { replicas: -1 }],
    ['/watchNamespaces', { watchNamespaces: ['A_B'] }],
    ['/logLevel', { logLevel: 'loud' }],
    ['/image/tag', { image: { tag: 'a b' } }],
    ['/nodeImage/pullPolicy', { nodeImage: { pullPolicy: 'Sometimes' } }],
    ['/extraArgs', { extraArgs: ['node.image=x'] }],
    ['policy', { crds: { policy: 'keep' } }],
  ])('refuses wrong values, and says where: %s', async (where, values) => {
    await expect(chart.render(values)).rejects.toThrow(where);
  });

  it('says afterwards what it looks after, and what an uninstallation leaves', async () => {
    expect(await chart.notes()).toMatch(/all namespaces[\s\S]*helm -n shortlink-system test[\s\S]*volumes stay/);
    expect(await chart.notes({ watchNamespaces: ['a', 'b'] })).toContain('the namespaces a, b.');
  });
});
