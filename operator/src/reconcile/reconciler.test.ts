// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { allCrashPoints } from '../../testing/gateway/crash-points.ts';
import type { CrashPoint } from '../../testing/gateway/crash-points.ts';
import { resources } from '../desired/resources.ts';
import { StoreError } from '../ports/store-api.ts';
import { claims, clusters, pods } from './watched.ts';
import { Scene } from './testing/scene.ts';
import { uploadAnnotation } from './uploads.ts';

const never = new AbortController().signal;
const image = 'shortlink/node:next';

interface Scenario {
  readonly name: string;
  /** Before the operator that ends comes. */
  readonly before: (scene: Scene) => Promise<unknown>;
  readonly change: (scene: Scene) => Promise<unknown>;
  readonly replicas: number;
  readonly asksForUpload?: boolean;
}

const formed = async (scene: Scene): Promise<void> => {
  await scene.want({});
  await scene.settle();
};

const scenarios: readonly Scenario[] = [
  { name: 'create', before: async () => {}, change: async (scene) => scene.want({}), replicas: 3 },
  { name: 'scale up', before: formed, change: async (scene) => scene.want({ replicas: 5 }), replicas: 5 },
  {
    name: 'scale down',
    before: async (scene) => {
      await scene.want({ replicas: 5 });
      await scene.settle();
    },
    change: async (scene) => scene.want({ replicas: 3 }),
    replicas: 3,
  },
  { name: 'rolling update', before: formed, change: async (scene) => scene.want({ image }), replicas: 3 },
  {
    name: 'larger volumes',
    before: formed,
    change: async (scene) => scene.want({ storage: { size: '2Gi' } }),
    replicas: 3,
  },
  {
    name: 'a pod and its volume are deleted',
    before: async (scene) => {
      await scene.want({ replicas: 4 });
      await scene.settle();
    },
    change: async ({ kubectl }) => {
      await kubectl.delete(claims, { namespace: 'default', name: 'data-links-1' }, {}, never);
      await kubectl.delete(pods, { namespace: 'default', name: 'links-1' }, {}, never);
    },
    replicas: 4,
  },
  {
    name: 'an upload is asked for',
    before: async (scene) => {
      const secret = { name: 'bucket-credentials' };
      await scene.want({ objectStore: { url: 's3://bucket/prefix', credentialsSecretRef: secret } });
      await scene.settle();
    },
    change: async (scene) => scene.want({}, { [uploadAnnotation]: '2030-01-01T01:00:00Z' }),
    replicas: 3,
    asksForUpload: true,
  },
  {
    name: 'a fence is taken away',
    before: async (scene) => {
      await scene.want({ fencedNodes: ['links-2'] });
      await scene.settle();
    },
    change: async (scene) => scene.want({ fencedNodes: [] }),
    replicas: 3,
  },
  {
    name: 'drain a node and take it back',
    before: async (scene) => {
      await scene.want({ replicas: 4 });
      await scene.settle();
      await scene.want({ drainedNodes: ['links-1'] });
      const { status } = await scene.settle();
      expect(status?.nodes?.map(({ pod }) => pod).toSorted()).toEqual(['links-0', 'links-2', 'links-3']);
      expect(status?.replicas).toBe(4);
    },
    change: async (scene) => scene.want({ drainedNodes: [] }),
    replicas: 4,
  },
  {
    name: 'suspend and resume',
    before: async (scene) => {
      await formed(scene);
      await scene.want({ suspend: true });
      await scene.settle();
    },
    change: async (scene) => scene.want({ suspend: false }),
    replicas: 3,
  },
];

/** Quorums hold in every moment but those without pods. */
function checkOf(scene: Scene, { name }: Scenario): () => void {
  return name === 'create' || name === 'suspend and resume'
    ? () => {}
    : () => scene.store.model.assertQuorums(`while ${name}`);
}

/** What a user cares for at the end. */
async function expectWhole(scene: Scene, { replicas, asksForUpload }: Scenario): Promise<void> {
  const { status, spec } = await scene.cluster();
  const names = Array.from({ length: replicas }, (_each, i) => `links-${i}`);
  const list = { namespace: 'default' };
  const podList = await scene.kubectl.list(pods, list, never);
  const claimList = await scene.kubectl.list(claims, list, never);
  expect(podList.items.map(({ metadata }) => metadata.name).toSorted()).toEqual(names);
  expect(claimList.items.map(({ metadata }) => metadata.name).toSorted()).toEqual(names.map((one) => `data-${one}`));
  expect(scene.store.model.nodes.map((node) => node.name).toSorted()).toEqual(names);
  expect(scene.store.model.nodes.some(({ isHeld, isDraining }) => isHeld || isDraining)).toBe(false);
  expect(status).toMatchObject({ readyReplicas: replicas, image: spec.image ?? 'shortlink/node:dev' });
  const sizes = claimList.items.map((claim) => JSON.stringify(claim).includes(`"storage":"${spec.storage.size}"`));
  expect(sizes).not.toContain(false);
  if (asksForUpload === true) expect(scene.store.model.uploads).toBeGreaterThan(0);
  const wantedImage = spec.image ?? 'shortlink/node:dev';
  expect(podList.items.every((pod) => JSON.stringify(pod).includes(`"image":"${wantedImage}"`))).toBe(true);
}

async function play(scenario: Scenario, crash?: CrashPoint): Promise<Scene> {
  const scene = new Scene();
  await scenario.before(scene);
  scene.replaceOperator(crash);
  await scenario.change(scene);
  await scene.settle(checkOf(scene, scenario));
  await expectWhole(scene, scenario);
  return scene;
}

describe('a cluster', () => {
  it('is made from the smallest object, and then nothing is written any more', async () => {
    const scene = new Scene();
    await scene.want({});
    const { status } = await scene.settle();
    expect(scene.errors).toEqual([]);
    expect(status).toMatchObject({ replicas: 3, readyReplicas: 3, clusterID: 'cluster', image: 'shortlink/node:dev' });
    expect(status?.conditions?.find(({ type }) => type === 'Ready')).toMatchObject({
      status: 'True',
      reason: 'Serving',
    });
    const writes = scene.life.gateway.writes.length;
    for (let i = 0; i < 50; i++) await scene.round();
    expect(scene.life.gateway.writes.slice(writes)).toEqual([]);
  });

  it('has its Secrets again when it is made again after it was deleted', async () => {
    const scene = new Scene();
    await scene.want({});
    await scene.settle();
    const key = { namespace: 'default', name: 'links-admin-token' };
    const secret = async () => scene.kubectl.get(resources.secret, key, never);
    await scene.kubectl.delete(clusters, { namespace: 'default', name: 'links' }, {}, never);
    for (let i = 0; i < 5; i++) await scene.round();
    expect(await secret()).toBeUndefined();
    await scene.want({});
    await scene.settle();
    expect(await secret()).toBeDefined();
  });

  it('keeps the image and the pull policy of the operator that made it', async () => {
    const scene = new Scene();
    await scene.want({});
    await scene.settle();
    scene.replaceOperator(undefined, { defaultImage: 'shortlink/node:later', defaultPullPolicy: 'Always' });
    const { status } = await scene.settle();
    const made = { image: 'shortlink/node:dev', imagePullPolicy: 'Never' };
    expect(status).toMatchObject({ defaultImage: made.image, defaultImagePullPolicy: made.imagePullPolicy });
    const { items } = await scene.kubectl.list(pods, { namespace: 'default' }, never);
    for (const pod of items) expect(pod).toMatchObject({ spec: { containers: [made] } });
    expect(scene.life.told).toEqual([]);
  });

  it.each([
    ['Retain', 3],
    ['DeleteVolumes', 0],
  ])('leaves its volumes as it is deleted, or not: %s', async (deletionPolicy, left) => {
    const scene = new Scene();
    await scene.want({ deletionPolicy: 'DeleteVolumes' });
    await scene.settle();
    await scene.want({ deletionPolicy });
    const { metadata } = await scene.settle();
    const { uid = '', resourceVersion = '' } = metadata;
    const whole = { uid, resourceVersion, propagation: 'Background' } as const;
    // Nobody is needed for it.
    scene.life.end();
    await scene.kubectl.delete(clusters, { namespace: 'default', name: 'links' }, whole, never);
    for (let i = 0; i < 60; i++) await scene.double.run(1000);
    const list = { namespace: 'default' };
    expect((await scene.kubectl.list(pods, list, never)).items).toEqual([]);
    expect((await scene.kubectl.list(claims, list, never)).items).toHaveLength(left);
  });

  it('gets back the image that it had before the spec named one, whatever a newer operator would give it', async () => {
    const scene = new Scene();
    await formed(scene);
    await scene.want({ image: 'shortlink/node:next' });
    await scene.settle();
    scene.replaceOperator(undefined, { defaultImage: 'shortlink/node:newer', defaultPullPolicy: 'Always' });
    await scene.want({ image: undefined });
    const { status } = await scene.settle();
    expect(status).toMatchObject({ image: 'shortlink/node:dev', defaultImage: 'shortlink/node:dev' });
    const { items } = await scene.kubectl.list(pods, { namespace: 'default' }, never);
    expect(items.every((pod) => JSON.stringify(pod).includes('"image":"shortlink/node:dev"'))).toBe(true);
  });

  it('goes on with what does not rest on a step that is refused, and says so', async () => {
    const scene = new Scene();
    await formed(scene);
    const isNew = (pod: object): boolean => JSON.stringify(pod).includes('"image":"shortlink/node:next"');
    const all = async () => (await scene.kubectl.list(pods, { namespace: 'default' }, never)).items;
    // As nodes do that were started before there was an object store.
    let news = 0;
    scene.store.refuses = ({ kind }) => kind === 'upload' && news < 3;
    const secret = { name: 'bucket-credentials' };
    const objectStore = { url: 's3://bucket/prefix', credentialsSecretRef: secret };
    await scene.want({ image: 'shortlink/node:next', objectStore }, { [uploadAnnotation]: '2030-01-01T01:00:00Z' });
    const told: unknown[] = [];
    for (let round = 0; round < 200 && news < 3; round++) {
      await scene.round();
      news = (await all()).filter(isNew).length;
      const degraded = (await scene.cluster()).status?.conditions?.find(({ type }) => type === 'Degraded');
      if (degraded?.reason === 'StepFailed') told.push(degraded.message);
    }
    expect(told).toContain('upload failed: upload is refused');
    const { status } = await scene.settle();
    expect(status?.upload?.completedAt).toBeDefined();
    expect((await all()).every(isNew)).toBe(true);
  });

  it('does what takes nothing from anybody while the nodes take no orders, and says why', async () => {
    const scene = new Scene();
    await formed(scene);
    scene.replaceOperator();
    const refused = new StoreError('no leader of the meta group', false);
    scene.store.takeEpoch = async () => Promise.reject(refused);
    await scene.want({ image: 'shortlink/node:next', storage: { size: '2Gi' } });
    for (let round = 0; round < 30; round++) await scene.round();
    const list = { namespace: 'default' };
    const volumes = (await scene.kubectl.list(claims, list, never)).items;
    for (const volume of volumes) expect(JSON.stringify(volume)).toContain('"storage":"2Gi"');
    const left = (await scene.kubectl.list(pods, list, never)).items;
    for (const pod of left) expect(JSON.stringify(pod)).toContain('"image":"shortlink/node:dev"');
    const { conditions = [] } = (await scene.cluster()).status ?? {};
    expect(conditions.find(({ type }) => type === 'Degraded')?.message).toContain('no leader of the meta group');
  });

  it('has a PodMonitor for as long as its spec wants one', async () => {
    const scene = new Scene();
    const monitors = async () =>
      (await scene.kubectl.list(resources.podMonitor, { namespace: 'default' }, never)).items;
    await scene.want({ monitoring: { podMonitor: { enabled: true, labels: { release: 'prometheus' } } } });
    const { status } = await scene.settle();
    expect(status?.conditions?.find(({ type }) => type === 'Monitored')).toMatchObject({ status: 'True' });
    expect(await monitors()).toMatchObject([{ metadata: { name: 'links-nodes', labels: { release: 'prometheus' } } }]);
    await scene.want({ monitoring: { podMonitor: { enabled: false } } });
    await scene.settle();
    expect(await monitors()).toEqual([]);
    expect(scene.errors).toEqual([]);
  });
});

describe.each(scenarios)('$name', (scenario) => {
  it('ends as it should, whichever effect is the last one of an operator', async () => {
    const whole = await play(scenario);
    expect(whole.errors).toEqual([]);
    const effects = whole.life.points.passed;
    expect(effects.length).toBeGreaterThan(0);
    for (const crash of allCrashPoints(effects.length)) {
      const where = `${crash.when} ${effects[crash.index]} (${crash.index})`;
      await expect(play(scenario, crash), where).resolves.toBeDefined();
    }
  }, 300_000);
});

describe('a drain', () => {
  it('ends with a node less and its pod and volume in place, whichever effect is the last one of an operator', async () => {
    const drain = async (crash?: CrashPoint): Promise<Scene> => {
      const scene = new Scene();
      await scene.want({ replicas: 4 });
      await scene.settle();
      scene.replaceOperator(crash);
      const volumes = await scene.kubectl.list(claims, { namespace: 'default' }, never);
      await scene.want({ drainedNodes: ['links-3'] });
      await scene.settle(() => scene.store.model.assertQuorums('while a node is drained'));
      expect(scene.store.model.nodes.map(({ name }) => name).toSorted()).toEqual(['links-0', 'links-1', 'links-2']);
      const uids = ({ items }: typeof volumes) => items.map(({ metadata }) => metadata.uid);
      expect(uids(await scene.kubectl.list(claims, { namespace: 'default' }, never))).toEqual(uids(volumes));
      return scene;
    };
    const effects = (await drain()).life.points.passed;
    expect(effects.length).toBeGreaterThan(0);
    for (const crash of allCrashPoints(effects.length)) await drain(crash);
  }, 300_000);
});
