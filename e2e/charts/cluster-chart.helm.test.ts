// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findHelm } from '../harness/helm.ts';
import { clusterCases } from './testing/cases.ts';
import { canonical, Chart, type Json } from './testing/chart.ts';
import { objections, podSpecOf } from './testing/restricted.ts';
import { schemaPaths, valuePaths } from './testing/schema-paths.ts';

const helm = await findHelm();
if ('missing' in helm) process.stderr.write(`tests of charts are skipped: ${helm.missing}\n`);
const chart = new Chart('path' in helm ? helm.path : '', 'shortlink-cluster', 'links');

describe.skipIf('missing' in helm)('the chart of a cluster', () => {
  it.each(Object.entries(clusterCases))('with the values %s renders what is in testdata', async (name, values) => {
    expect(await chart.lint(values)).toContain('0 chart(s) failed');
    const manifests = await chart.render(values);
    const file = join(import.meta.dirname, 'testdata', `cluster-${name}.yaml`);
    await expect(canonical(manifests)).toMatchFileSnapshot(file);
    expect(manifests.flatMap((one) => podSpecOf(one) ?? []).flatMap(objections)).toEqual([]);
  });

  it('passes every field of a specification on as it is', async () => {
    const { spec } = clusterCases['full'] as { readonly spec: Json };
    const [cluster] = (await chart.render({ spec })).filter(({ kind }) => kind === 'ShortLinkCluster');
    expect(cluster?.['spec']).toEqual(spec);
  });

  it('has a schema that refuses what is no field, but for the parts of a pod that are of Kubernetes', () => {
    const known = schemaPaths(chart.schema());
    const open = [...known].filter(([, { isClosed }]) => !isClosed).map(([path]) => path);
    expect(open).toEqual(['spec.podTemplate.spec']);
    expect(valuePaths(chart.valuesFile()).filter((path) => !known.has(path))).toEqual([]);
    expect(known.has('spec.objectStore.credentialsSecretRef.name')).toBe(true);
  });

  it.each<[string, Json]>([
    ['replcas', { spec: { replcas: 3 } }],
    ['/spec/replicas', { spec: { replicas: 0 } }],
    ['/spec/storage/size', { spec: { storage: { size: 'large' } } }],
    ['/spec/objectStore/url', { spec: { objectStore: { url: 'https://bucket' } } }],
    ['/name', { name: 'a'.repeat(41) }],
    ['must be at most 40 of a-z', { name: '1st' }],
  ])('refuses wrong values, and says where: %s', async (where, values) => {
    await expect(chart.render(values)).rejects.toThrow(where);
  });

  it('says afterwards how to make a link, and what an uninstallation leaves', async () => {
    expect(await chart.notes()).toMatch(/secret links-admin-token[\s\S]*links-redirect[\s\S]*\(data-links-0 …\) stay/);
    const policy = { spec: { deletionPolicy: 'DeleteVolumes', apiTokens: { secretRef: { name: 'given' } } } };
    expect(await chart.notes(policy)).toMatch(/secret given [\s\S]*AND ITS VOLUMES/);
    expect(await chart.notes({ keep: true })).toContain('leaves the ShortLinkCluster');
  });
});
