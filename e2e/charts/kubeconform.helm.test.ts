// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { findHelm } from '../harness/helm.ts';
import { clusterCases, operatorCases } from './testing/cases.ts';
import { Chart, type Json, type Manifest } from './testing/chart.ts';
import { findConformer } from './testing/kubeconform.ts';
import { kubernetesSchema, schemaFile } from './testing/kubernetes-schemas.ts';

const helm = await findHelm();
const conformer = await findConformer();
const missing = [helm, conformer].flatMap((one) => ('missing' in one ? [one.missing] : []));
if (missing.length > 0) process.stderr.write(`kubeconform is skipped: ${missing.join('; ')}\n`);
const folder = mkdtempSync(join(tmpdir(), 'shortlink-conform-'));
afterAll(() => rmSync(folder, { recursive: true }));

const helmPath = 'path' in helm ? helm.path : '';
const operator = new Chart(helmPath, 'shortlink-operator', 'shortlink-operator');
const cluster = new Chart(helmPath, 'shortlink-cluster', 'links');
/** Of the Prometheus operator, whose definitions are not at hand. */
const unknownKinds = ['ServiceMonitor'];

/** A ShortLinkCluster: what the chart's own schema, made of the definition, says of a specification. */
function ownSchema(): Json {
  const { spec } = cluster.schema()['properties'] as { readonly spec: Json };
  const kind = { const: 'ShortLinkCluster' };
  return { type: 'object', required: ['spec'], properties: { kind, spec } };
}

/** What kubeconform says of each manifest: status and name, and why where it is not valid. */
function conform(manifests: readonly Manifest[]): string[] {
  if ('missing' in conformer) return [];
  for (const { apiVersion, kind } of manifests) {
    const schema =
      kind === 'ShortLinkCluster' ? ownSchema() : kubernetesSchema(conformer.definitions, apiVersion, kind);
    if (schema !== undefined) writeFileSync(join(folder, schemaFile(apiVersion, kind)), JSON.stringify(schema));
  }
  const location = join(folder, '{{ .ResourceKind }}{{ .KindSuffix }}.json');
  const args = ['-schema-location', location, '-skip', unknownKinds.join(','), '-output', 'json', '-verbose'];
  const input = manifests.map((one) => stringify(one, { version: '1.1' })).join('---\n');
  const { stdout, stderr } = spawnSync(conformer.path, args, { input, encoding: 'utf8' });
  if (stdout === '') throw new Error(stderr);
  const { resources } = JSON.parse(stdout) as {
    readonly resources: readonly { readonly name: string; readonly status: string; readonly msg: string }[];
  };
  return resources.map(({ name, status, msg }) => `${status} ${name}${msg === '' ? '' : `: ${msg}`}`);
}

describe.skipIf(missing.length > 0)('kubeconform', () => {
  it.each(Object.entries(operatorCases))('finds the operator valid, with the values %s', async (_name, values) => {
    const manifests = await operator.render(values);
    const said = conform(manifests);
    expect(said).toHaveLength(manifests.length);
    expect(said.filter((one) => !one.startsWith('statusValid ') && !one.startsWith('statusSkipped '))).toEqual([]);
    const skipped = manifests.filter(({ kind }) => unknownKinds.includes(kind)).length;
    expect(said.filter((one) => one.startsWith('statusSkipped '))).toHaveLength(skipped);
  });

  it.each(Object.entries(clusterCases))('finds a cluster valid, with the values %s', async (_name, values) => {
    const said = conform(await cluster.render(values));
    expect(said).toHaveLength(2);
    expect(said.filter((one) => !one.startsWith('statusValid '))).toEqual([]);
  });

  it('finds a field that does not exist, and a value of the wrong type', async () => {
    const [deployment] = (await operator.render()).filter(({ kind }) => kind === 'Deployment');
    const spec = deployment?.['spec'] as Json;
    const wrong = [
      { ...deployment, spec: { ...spec, replcas: 1 } },
      { ...deployment, spec: { ...spec, replicas: 'one' } },
    ] as readonly Manifest[];
    const said = conform(wrong).toSorted();
    expect(said).toHaveLength(2);
    expect(said.filter((one) => one.startsWith('statusInvalid shortlink-operator: '))).toHaveLength(2);
    expect(said.join()).toMatch(/replcas/);
    expect(said.join()).toMatch(/spec\/replicas/);
  });
});
