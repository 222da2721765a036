// SPDX-License-Identifier: Apache-2.0
import { beforeEach, describe, expect, it } from 'vitest';
import { defined } from '@shortlink/common/assert.ts';
import { clusterLabel } from '../desired/names.ts';
import { resources } from '../desired/resources.ts';
import type { KubeObject, ObjectMeta, Resource } from '../ports/kube-api.ts';
import { claims, clusters } from './watched.ts';
import { Scene } from './testing/scene.ts';

const never = new AbortController().signal;
const namespace = 'default';
const { configMap, service, serviceAccount } = resources;
const earlier = {
  apiVersion: clusters.apiVersion,
  kind: clusters.kind,
  name: 'links',
  uid: '00000000-0000-4000-8000-000000000000',
  controller: true,
};

let scene: Scene;
beforeEach(() => {
  scene = new Scene();
});

/** Somebody else's, of a name that the cluster needs. */
async function make(resource: Resource, metadata: Pick<ObjectMeta, 'name'> & Partial<ObjectMeta>, content = {}) {
  const { apiVersion, kind } = resource;
  const object = { apiVersion, kind, metadata: { namespace, ...metadata }, ...content };
  return scene.kubectl.create(resource, object, never);
}

async function read(resource: Resource, name: string): Promise<KubeObject | undefined> {
  return scene.kubectl.get(resource, { namespace, name }, never);
}

async function rounds(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await scene.round();
}

async function degraded(): Promise<string | undefined> {
  const { status } = await scene.cluster();
  const found = status?.conditions?.find(({ type, status: is }) => type === 'Degraded' && is === 'True');
  return found?.message;
}

const webPorts = [{ name: 'web', port: 80, targetPort: 3000 }];

describe('an object of somebody else', () => {
  it.each([
    { resource: service, name: 'links-api', content: { spec: { selector: { app: 'other' }, ports: webPorts } } },
    // Nothing in them contradicts what the cluster wants.
    { resource: configMap, name: 'links-config', content: { data: { mine: 'x' } } },
    { resource: serviceAccount, name: 'links-nodes', content: {} },
  ])('stays as it is, and is complained of: $resource.kind $name', async ({ resource, name, content }) => {
    const before = await make(resource, { name, labels: { app: 'other' } }, content);
    await scene.want({});
    await rounds(25);
    expect(await read(resource, name)).toEqual(before);
    const words = `${resource.kind} ${name} is there and does not belong to this cluster: delete it`;
    expect(await degraded()).toContain(words);
    await scene.kubectl.delete(resource, { namespace, name }, {}, never);
    await scene.settle();
    expect(await degraded()).toBeUndefined();
  });

  it('keeps volumes from nothing', async () => {
    await scene.want({});
    await scene.settle();
    await scene.kubectl.delete(service, { namespace, name: 'links-api' }, {}, never);
    await make(service, { name: 'links-api' }, { spec: { selector: { app: 'other' }, ports: webPorts } });
    await scene.want({ storage: { size: '2Gi' } });
    await rounds(25);
    expect(await degraded()).toContain('Service links-api is there');
    const { items } = await scene.kubectl.list(claims, { namespace }, never);
    for (const claim of items) expect(claim).toMatchObject({ spec: { resources: { requests: { storage: '2Gi' } } } });
  });

  it('is not taken either when it comes between the look and the write', async () => {
    await scene.want({});
    const list = scene.life.gateway.list.bind(scene.life.gateway);
    const content = { spec: { selector: { app: 'other' }, ports: webPorts } };
    scene.life.gateway.list = async (resource, options, signal) => {
      const page = await list(resource, options, signal);
      const isLook = options.name === 'links-api' && page.items.length === 0;
      if (isLook) await make(resource, { name: 'links-api' }, content);
      return page;
    };
    await rounds(25);
    expect(await read(service, 'links-api')).toMatchObject({ spec: content.spec });
    expect(await degraded()).toContain('Service links-api is there');
  });
});

describe('an object of the cluster', () => {
  it('is taken back when its label was taken away', async () => {
    await scene.want({});
    await scene.settle();
    const found = defined(await read(service, 'links-api'), 'Service');
    const { [clusterLabel]: _, ...labels } = found.metadata.labels ?? {};
    await scene.kubectl.replace(service, { ...found, metadata: { ...found.metadata, labels } }, never);
    await scene.settle();
    const after = await read(service, 'links-api');
    expect(after?.metadata.uid).toBe(found.metadata.uid);
    expect(after?.metadata.labels).toEqual(found.metadata.labels);
  });

  it('is adopted when it has its label and no owner, as after a deletion that orphans', async () => {
    const { metadata } = await make(configMap, { name: 'links-config', labels: { [clusterLabel]: 'links' } });
    await scene.want({});
    await scene.settle();
    const after = await read(configMap, 'links-config');
    const { uid } = (await scene.cluster()).metadata;
    expect(after?.metadata).toMatchObject({ uid: metadata.uid, ownerReferences: [{ uid }] });
  });

  it('is made in such a way that what is applied later can take fields away', async () => {
    await scene.want({});
    await scene.settle();
    const { metadata } = defined(await read(service, 'links-api'), 'Service');
    const by = expect.objectContaining({ manager: 'shortlink-operator', operation: 'Apply' });
    expect(metadata).toMatchObject({ managedFields: [by] });
  });
});

it('what an earlier cluster of the name has left is waited for, not taken', async () => {
  const labels = { [clusterLabel]: 'links' };
  // Kept by a finalizer, since garbage collection has nothing else to wait for.
  const metadata = { name: 'links-config', labels, ownerReferences: [earlier], finalizers: ['test.dev/keep'] };
  const before = await make(configMap, metadata, { data: { mine: 'x' } });
  await scene.want({});
  await rounds(10);
  expect(await read(configMap, 'links-config')).toMatchObject({
    metadata: { uid: before.metadata.uid, ownerReferences: [earlier] },
    data: { mine: 'x' },
  });
  expect(await degraded()).toContain('ConfigMap links-config is of an earlier cluster of this name');
  const now = defined(await read(configMap, 'links-config'), 'ConfigMap');
  await scene.kubectl.replace(configMap, { ...now, metadata: { ...now.metadata, finalizers: [] } }, never);
  await scene.settle();
  expect((await read(configMap, 'links-config'))?.metadata.uid).not.toBe(before.metadata.uid);
});
