// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resources } from '../../desired/resources.ts';
import { KubeError } from '../../ports/kube-api.ts';
import { Scene } from '../../reconcile/testing/scene.ts';
import { PluginRig, withoutRights } from '../testing/plugin-rig.ts';

const never = new AbortController().signal;
const namespace = 'default';
const events = { apiVersion: 'v1', kind: 'Event', plural: 'events', namespaced: true };

/** What must not be in a report. The first ones are in Secrets, the others are known by their form or their place only. */
const seeds = {
  s3Id: 'seed-s3-key-id',
  s3Key: 'seed/s3+secret&key',
  ownToken: 'seed-token-of-sidecar',
  registry: 'seed-registry-password',
  variable: 'seed-value-of-a-variable',
  flag: 'seed-password-in-a-flag',
  bearer: 'seed-bearer-of-somebody',
  user: 'seed-user-of-an-url',
} as const;

const folder = mkdtempSync(join(tmpdir(), 'report-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

const scene = new Scene();
const rig = new PluginRig(scene);
let adminToken = '';

async function secret(name: string, data: Readonly<Record<string, string>>): Promise<void> {
  const encoded = Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
  );
  const object = { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace }, ...{ data: encoded } };
  await scene.kubectl.create(resources.secret, object, never);
}

/** All known ones, as somebody careless writes them. */
function careless(): string {
  const known = [adminToken, seeds.s3Id, seeds.s3Key, seeds.ownToken, seeds.registry];
  return known.flatMap((one) => [one, Buffer.from(one).toString('base64'), encodeURIComponent(one)]).join(' ');
}

beforeAll(async () => {
  await secret('s3', { AWS_ACCESS_KEY_ID: seeds.s3Id, AWS_SECRET_ACCESS_KEY: seeds.s3Key });
  await secret('sidecar', { anything: seeds.ownToken });
  await secret('registry', { '.dockerconfigjson': JSON.stringify({ auths: { r: { password: seeds.registry } } }) });
  const sidecar = {
    name: 'sidecar',
    image: 'sidecar',
    args: [`--db-password=${seeds.flag}`, `https://${seeds.user}:x@host/`],
    env: [{ name: 'HARMLESS', value: seeds.variable }],
    envFrom: [{ secretRef: { name: 'sidecar' } }],
  };
  await scene.want({
    objectStore: { url: 's3://b/p', credentialsSecretRef: { name: 's3' } },
    imagePullSecrets: [{ name: 'registry' }],
    podTemplate: { metadata: {}, spec: { containers: [sidecar] } },
  });
  await scene.settle();
  const token = await scene.kubectl.get(resources.secret, { namespace, name: 'links-admin-token' }, never);
  const found = token as { readonly stringData?: { token: string }; readonly data?: { token: string } } | undefined;
  adminToken = found?.stringData?.token ?? Buffer.from(found?.data?.token ?? '', 'base64').toString('utf8');
  const note = `${careless()} Authorization: Bearer ${seeds.bearer}`;
  // On the cluster: an annotation, and the copy of the object that kubectl keeps.
  await scene.want(
    {},
    { note, 'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify({ spec: { sidecar } }) },
  );
  await scene.settle();
  const about = { involvedObject: { kind: 'Pod', name: 'links-0', namespace }, message: note, reason: 'Seeded' };
  await scene.kubectl.create(
    events,
    { apiVersion: 'v1', kind: 'Event', metadata: { name: 'e', namespace }, ...about },
    never,
  );
  for (const pod of ['links-0', 'links-1', 'links-2'])
    rig.pods.lines.set(pod, [JSON.stringify({ level: 30, msg: note }), note]);
  const { store } = rig;
  rig.store = {
    report: async (address, signal) => ({ ...(await store.report(address, signal)), waitingFor: note }),
    uploads: async (...args) => store.uploads(...args),
    takeEpoch: async (...args) => store.takeEpoch(...args),
    order: async (...args) => store.order(...args),
  };
});

function expectNoSeed(text: string): void {
  const all = [adminToken, ...Object.values(seeds)];
  const spellings = all.flatMap((one) => [one, Buffer.from(one).toString('base64'), encodeURIComponent(one)]);
  expect(adminToken.length).toBeGreaterThan(30);
  expect(spellings.filter((one) => text.includes(one))).toEqual([]);
}

describe('report', () => {
  it('is an archive with all that helps, and with no secret, wherever one was put', async () => {
    const file = join(folder, 'report.tar.gz');
    const ran = await rig.run(`report links -f ${file} -o json`);
    expect(ran.exitCode).toBe(0);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const names = execFileSync('tar', ['-tzf', file], { encoding: 'utf8' }).trim().split('\n');
    expect(names).toEqual((JSON.parse(ran.out) as { readonly entries: string[] }).entries);
    const wanted = [
      'README.txt',
      'cluster.yaml',
      'status.txt',
      'plan.txt',
      'events.yaml',
      'secrets.yaml',
      'machines.yaml',
    ];
    expect(names).toEqual(expect.arrayContaining([...wanted, 'nodes/links-2.yaml', 'logs/links-2.log']));
    expect(names).toContain('objects/statefulset-links.yaml');
    const text = execFileSync('tar', ['-xzOf', file], { encoding: 'utf8' });
    expectNoSeed(`${text}${ran.out}${ran.err}`);
    // It looked at the places where they were.
    expect(text).toContain('reason: Seeded');
    expect(text).toContain('HARMLESS');
    expect(text.match(/\[removed\]/g)?.length).toBeGreaterThan(50);
  });

  it('is a folder where the name is none of an archive, and overwrites nothing', async () => {
    const path = join(folder, 'plain');
    expect((await rig.run(`report -f ${path}`)).exitCode).toBe(0);
    const secrets = readFileSync(join(path, 'secrets.yaml'), 'utf8');
    expect(secrets).toContain('AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY');
    expectNoSeed(secrets);
    expect(readFileSync(join(path, 'status.txt'), 'utf8')).toContain('default/links');
    expect(await rig.run(`report -f ${path}`)).toMatchObject({ exitCode: 4, err: expect.stringContaining('EEXIST') });
  });

  it('notes what the user may not read, and is careful without the values of Secrets', async () => {
    const eve = new PluginRig(scene);
    eve.pods.lines.set('links-0', [`password=${seeds.flag} Bearer ${seeds.bearer}`]);
    eve.kube = withoutRights(scene.kubectl, ['secrets', 'nodes'], (plural) => {
      return new KubeError(`${plural} is forbidden`, { status: 403, reason: 'Forbidden' });
    });
    const path = join(folder, 'eve');
    const { err } = await eve.run(`report -f ${path}`);
    expect(err).toContain('left out: nodes: nodes is forbidden');
    expect(err).toContain('you may not read Secret s3');
    expect(readFileSync(join(path, 'README.txt'), 'utf8')).toContain('its values were looked for by their form only');
    const log = readFileSync(join(path, 'logs', 'links-0.log'), 'utf8');
    expect(log).toBe('password=[removed] Bearer [removed]\n');
  });
});
