// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { Scene } from './testing/scene.ts';
import { pods } from './watched.ts';

const never = new AbortController().signal;
const key = { namespace: 'default', name: 'links-1' };
const annotation = 'shortlink.dev/fenced';

async function annotationsOf({ kubectl }: Scene) {
  return (await kubectl.get(pods, key, never))?.metadata.annotations ?? {};
}

async function stateOf(scene: Scene) {
  const { status } = await scene.cluster();
  const degraded = status?.conditions?.find(({ type }) => type === 'Degraded');
  return [status?.nodes?.find(({ pod }) => pod === 'links-1')?.state, degraded?.reason, status?.readyReplicas];
}

it('a node that the spec fences stands still, and comes back when it does not any more', async () => {
  const scene = new Scene();
  await scene.want({});
  await scene.settle();
  const { uid } = (await scene.kubectl.get(pods, key, never))?.metadata ?? {};
  const zone = (await annotationsOf(scene))['shortlink.dev/zone'];
  expect(zone).toBeDefined();
  await scene.want({ fencedNodes: ['links-1'] });
  await scene.settle();
  for (let i = 0; i < 20; i++) await scene.round();
  expect(await annotationsOf(scene)).toMatchObject({ [annotation]: 'true', 'shortlink.dev/zone': zone });
  expect(await stateOf(scene)).toEqual(['FENCED', 'NodesFenced', 2]);
  await scene.want({ fencedNodes: [] });
  await scene.settle();
  expect(await annotationsOf(scene)).not.toHaveProperty([annotation]);
  expect(await annotationsOf(scene)).toMatchObject({ 'shortlink.dev/zone': zone });
  expect(await stateOf(scene)).toEqual(['ALIVE', 'Whole', 3]);
  expect((await scene.kubectl.get(pods, key, never))?.metadata.uid).toBe(uid);
});

it('a fence that somebody else has put up is overruled by the spec, once', async () => {
  const scene = new Scene();
  await scene.want({});
  await scene.settle();
  const own = { apiVersion: 'v1', kind: 'Pod', metadata: { ...key, annotations: { [annotation]: 'true' } } };
  await scene.kubectl.apply(pods, own, { fieldManager: 'kubectl', force: true }, never);
  await scene.settle();
  expect(await annotationsOf(scene)).toMatchObject({ [annotation]: 'false' });
  expect(await stateOf(scene)).toEqual(['ALIVE', 'Whole', 3]);
  const writes = scene.life.gateway.writes.length;
  for (let i = 0; i < 20; i++) await scene.round();
  expect(scene.life.gateway.writes.slice(writes)).toEqual([]);
});
