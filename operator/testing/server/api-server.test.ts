// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import type { KubeObject, Resource, WatchEvent, WatchOptions } from '../../src/ports/kube-api.ts';
import { fields, mapList } from '../apply/schema.ts';
import { configMap, configMaps } from '../conformance/fixtures.ts';
import { KubeDouble } from '../kube-double.ts';
import { turn } from '../manual-clock.ts';
import { mapIn } from '../objects/json.ts';
import type { ApiServer } from './api-server.ts';
import type { Kind } from './kind.ts';

const namespace = 'default';
const { signal } = new AbortController();

function object(name: string, data = {}): ReturnType<typeof configMap> {
  return configMap(name, { namespace }, data);
}

async function listed(api: ApiServer): Promise<readonly string[]> {
  return (await api.list(configMaps, { namespace }, signal)).items.map((one) => one.metadata.name);
}

function watch(
  api: ApiServer,
  options: Partial<WatchOptions>,
): { texts: string[]; ended: Promise<unknown>; stop(): void } {
  const texts: string[] = [];
  const stop = new AbortController();
  const text = (event: WatchEvent): string => (event.type === 'BOOKMARK' ? event.type : event.object.metadata.name);
  const run = async (): Promise<unknown> => {
    try {
      const all = { namespace, resourceVersion: '', timeoutSeconds: 300, ...options };
      for await (const event of api.watch(configMaps, all, stop.signal)) texts.push(text(event));
      return 'ended';
    } catch (error) {
      return error;
    }
  };
  return { texts, ended: run(), stop: () => stop.abort(new Error('stopped')) };
}

async function newest(api: ApiServer): Promise<string> {
  return (await api.list(configMaps, {}, signal)).resourceVersion;
}

describe('watches', () => {
  test('send a bookmark every minute, and one at their end', async () => {
    const double = new KubeDouble();
    const api = double.connect();
    const seen = watch(api, { resourceVersion: await newest(api), timeoutSeconds: 90 });
    await turn();
    await double.clock.advance(89_000);
    expect(seen.texts).toEqual(['BOOKMARK']);
    await double.clock.advance(1000);
    expect(await seen.ended).toBe('ended');
    expect(seen.texts).toEqual(['BOOKMARK', 'BOOKMARK']);
  });

  test('end with the reason of their signal', async () => {
    const api = new KubeDouble().connect();
    const seen = watch(api, { resourceVersion: await newest(api) });
    await turn();
    seen.stop();
    expect(await seen.ended).toMatchObject({ message: 'stopped' });
  });

  test('end with 410 when the history they need is gone', async () => {
    const double = new KubeDouble();
    const api = double.connect();
    const from = await newest(api);
    await api.create(configMaps, object('a'), signal);
    double.core.store.compact();
    expect(await watch(api, { resourceVersion: from }).ended).toMatchObject({ status: 410, reason: 'Expired' });
  });

  test('of something that is no version are refused', async () => {
    const api = new KubeDouble().connect();
    expect(await watch(api, { resourceVersion: 'abc' }).ended).toMatchObject({ status: 400 });
  });
});

describe('a cache that lags', () => {
  test('shows lists and watches an older state, and gets the newest one', async () => {
    const double = new KubeDouble();
    const api = double.connect();
    const seen = watch(api, { resourceVersion: await newest(api) });
    api.lag.events = 2;
    for (const name of ['a', 'b', 'c']) await api.create(configMaps, object(name), signal);
    await turn();
    expect(seen.texts).toEqual(['a']);
    expect(await listed(api)).toEqual(['a']);
    expect(await api.get(configMaps, { namespace, name: 'c' }, signal)).toBeDefined();
    expect(await listed(double.connect()), 'another client').toEqual(['a', 'b', 'c']);
    api.lag.events = 0;
    await turn();
    expect(seen.texts).toEqual(['a', 'b', 'c']);
    seen.stop();
  });

  test('shows what was deleted as if it were there', async () => {
    const api = new KubeDouble().connect();
    await api.create(configMaps, object('a'), signal);
    await api.delete(configMaps, { namespace, name: 'a' }, {}, signal);
    api.lag.events = 1;
    expect(await listed(api)).toEqual(['a']);
  });
});

describe('pages', () => {
  test('end with 410 when the history they need is gone', async () => {
    const double = new KubeDouble({ maxHistory: 50 });
    const api = double.connect();
    for (const name of ['a', 'b', 'c']) await api.create(configMaps, object(name), signal);
    const first = await api.list(configMaps, { namespace, limit: 2 }, signal);
    for (let i = 0; i < 60; i++) await api.create(configMaps, object(`x${i}`), signal);
    const next = api.list(configMaps, { namespace, limit: 2, continue: first.continue }, signal);
    await expect(next).rejects.toMatchObject({ status: 410 });
  });

  test('are refused with a token that is none', async () => {
    const api = new KubeDouble().connect();
    await expect(api.list(configMaps, { continue: 'x' }, signal)).rejects.toMatchObject({ status: 400 });
  });
});

test('versions are no numbers that can be compared as texts', async () => {
  const api = new KubeDouble().connect();
  const versions: string[] = [await newest(api)];
  for (let i = 0; i < 20; i++)
    versions.push((await api.create(configMaps, object(`n${i}`), signal)).metadata.resourceVersion ?? '');
  expect(versions.toSorted()).not.toEqual(versions);
});

test('a resource that nobody serves is not found', async () => {
  const api = new KubeDouble().connect();
  const unknown: Resource = { apiVersion: 'x.dev/v1', kind: 'X', plural: 'xs', namespaced: true };
  await expect(api.list(unknown, {}, signal)).rejects.toMatchObject({ status: 404 });
});

test('names and kinds are checked', async () => {
  const api = new KubeDouble().connect();
  await expect(api.create(configMaps, object('Not_A_Name'), signal)).rejects.toMatchObject({ status: 422 });
  await expect(api.create(configMaps, configMap('a'), signal)).rejects.toMatchObject({ status: 400 });
  await expect(api.create(configMaps, { ...object('a'), kind: 'Secret' }, signal)).rejects.toMatchObject({
    status: 400,
  });
});

describe('a kind of a CRD', () => {
  interface Cluster extends KubeObject {
    readonly spec: { readonly size: number; readonly color?: string };
    readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
  }

  const resource: Resource = { apiVersion: 'x.dev/v1', kind: 'Cluster', plural: 'clusters', namespaced: true };
  const kind: Kind = {
    resource,
    schema: fields({
      spec: fields({ size: {}, color: { default: 'blue' } }),
      status: fields({ conditions: mapList(['type'], { type: {}, status: {} }) }),
    }),
    isStructural: true,
    hasStatus: true,
    hasGeneration: true,
    validate: (now, old) => {
      const size = (one: typeof now): unknown => mapIn(one, 'spec')['size'];
      return old !== undefined && Number(size(now)) < Number(size(old)) ? 'spec.size: must not shrink' : undefined;
    },
  };
  const cluster = (size: number): Cluster => ({
    apiVersion: resource.apiVersion,
    kind: resource.kind,
    metadata: { name: 'x', namespace },
    spec: { size },
  });
  const options = { fieldManager: 'me', force: false };

  test('forgets fields that its schema does not declare, and refuses to apply them', async () => {
    const api = new KubeDouble({ kinds: [kind] }).connect();
    const more = { ...cluster(3), spec: { size: 3, sise: 4 } };
    expect(await api.create(resource, more, signal)).toHaveProperty('spec', { size: 3, color: 'blue' });
    await expect(api.apply(resource, more, { ...options, force: true }, signal)).rejects.toThrow(
      '.spec.sise: field not declared in schema',
    );
  });

  test('has its defaults, its rules and its status', async () => {
    const api = new KubeDouble({ kinds: [kind] }).connect();
    const made = await api.create(resource, cluster(3), signal);
    expect(made).toMatchObject({ spec: { size: 3, color: 'blue' }, metadata: { generation: 1 } });
    await expect(api.apply(resource, cluster(2), { ...options, force: true }, signal)).rejects.toMatchObject({
      status: 422,
      message: expect.stringContaining('must not shrink') as string,
    });
    const status = { conditions: [{ type: 'Ready', status: 'True' }] };
    const told = await api.apply(
      resource,
      { ...cluster(9), status } as Cluster,
      { ...options, subresource: 'status' },
      signal,
    );
    expect(told).toMatchObject({ spec: { size: 3 }, status, metadata: { generation: 1 } });
    expect(await api.apply(resource, cluster(4), { ...options, force: true }, signal)).toMatchObject({
      spec: { size: 4 },
      status,
      metadata: { generation: 2 },
    });
  });
});
