// SPDX-License-Identifier: Apache-2.0
import { beforeEach, describe, expect, it } from 'vitest';
import { KubeError, type KubeApi } from '../../ports/kube-api.ts';
import { clusters } from '../../reconcile/watched.ts';
import { uploadAnnotation } from '../../reconcile/uploads.ts';
import { Scene } from '../../reconcile/testing/scene.ts';
import { PluginRig } from '../testing/plugin-rig.ts';
import { restartAnnotation } from './restart.ts';

let scene: Scene;
let rig: PluginRig;

beforeEach(async () => {
  scene = new Scene();
  rig = new PluginRig(scene);
  await scene.want({ replicas: 4, objectStore: { url: 's3://b/p', credentialsSecretRef: { name: 's3' } } });
  await scene.settle();
});

/** Somebody else changes the object right before the first replace. */
function withRace(kube: KubeApi, race: () => Promise<unknown>): KubeApi {
  let isFirst = true;
  return {
    get: async (...args) => kube.get(...args),
    list: async (...args) => kube.list(...args),
    watch: (...args) => kube.watch(...args),
    create: async (...args) => kube.create(...args),
    apply: async (...args) => kube.apply(...args),
    delete: async (...args) => kube.delete(...args),
    evict: async (...args) => kube.evict(...args),
    replace: async (...args) => {
      if (isFirst) await race();
      isFirst = false;
      return kube.replace(...args);
    },
  };
}

describe('fence and drain', () => {
  it('say in the spec what is wanted, once', async () => {
    expect(await rig.run('fence 1')).toMatchObject({ exitCode: 0, out: 'links-1 is to be fenced' });
    expect((await rig.run('fence links-1')).out).toContain('nothing is changed');
    expect((await scene.cluster()).spec.fencedNodes).toEqual(['links-1']);
    expect((await rig.run('unfence links-1 -o json')).out).toContain('"fencedNodes": []');
    expect((await scene.cluster()).spec.fencedNodes).toEqual([]);
  });

  it('know nodes by their pods, numbers and ids, and no others', async () => {
    const id = (await scene.cluster()).status?.nodes?.find(({ pod }) => pod === 'links-3')?.id ?? '';
    expect(await rig.run(`drain ${id}`)).toMatchObject({ exitCode: 0, out: expect.stringContaining('links-3') });
    const wrong = await rig.run('drain links-7');
    expect(wrong).toMatchObject({ exitCode: 3, err: expect.stringContaining('has no node links-7; there are links-') });
    expect(await rig.run('drain')).toMatchObject({ exitCode: 2, err: expect.stringContaining('NODE is missing') });
  });

  it('leave alone what somebody else changes at the same moment', async () => {
    rig.kube = withRace(scene.kubectl, async () => scene.want({ fencedNodes: ['links-0'] }));
    expect((await rig.run('fence links-2')).exitCode).toBe(0);
    expect((await scene.cluster()).spec.fencedNodes).toEqual(['links-0', 'links-2']);
  });

  it('end in what the operator does: a node leaves, and comes back anew', async () => {
    const before = (await scene.cluster()).status?.nodes ?? [];
    await rig.run('drain links-1');
    const drained = await scene.settle();
    expect(drained.status?.nodes?.map(({ pod }) => pod).toSorted()).toEqual(['links-0', 'links-2', 'links-3']);
    expect((await rig.run('status')).out).toMatch(/^links-1 .*NO MEMBER/m);
    await rig.run('undrain 1');
    const whole = await scene.settle();
    expect(whole.status?.nodes).toHaveLength(4);
    const idOf = (nodes: typeof before) => nodes.find(({ pod }) => pod === 'links-1')?.id;
    expect(idOf(whole.status?.nodes ?? [])).not.toBe(idOf(before));
  });

  it('take out of a list what is no node any more', async () => {
    await rig.run('fence links-3');
    await scene.want({ replicas: 3, fencedNodes: ['links-3'] });
    await scene.settle();
    expect((await rig.run('unfence links-3')).exitCode).toBe(0);
  });
});

describe('upload', () => {
  it('asks the operator, which gives the order once', async () => {
    const ordered = scene.store.model.uploads;
    expect((await rig.run('upload')).out).toContain('is asked for');
    expect((await scene.cluster()).metadata.annotations?.[uploadAnnotation]).toMatch(/^\d{4}-.*Z$/);
    await scene.settle();
    expect(scene.store.model.uploads).toBe(ordered + 1);
    // Twice within a second is twice.
    await rig.run('upload');
    await scene.settle();
    expect(scene.store.model.uploads).toBe(ordered + 2);
  });

  it('waits for the end, and for no longer than it may', async () => {
    const waiting = rig.run('upload --wait');
    for (let i = 0; i < 5; i++) await scene.round();
    expect(await waiting).toMatchObject({ exitCode: 0, out: expect.stringMatching(/^uploaded at 20/) });
    await scene.want({ paused: true });
    scene.life.end();
    expect(await rig.run('upload')).toMatchObject({ exitCode: 4, err: expect.stringContaining('paused') });
    await scene.want({ paused: false });
    expect(await rig.run('upload --wait --timeout 50ms')).toMatchObject({
      exitCode: 5,
      err: 'kubectl shortlink: no end in 50 ms; --timeout allows more',
    });
  });

  it('is refused where there is nowhere to upload to', async () => {
    const bare = new Scene();
    await bare.want({});
    expect(await new PluginRig(bare).run('upload')).toMatchObject({
      exitCode: 4,
      err: expect.stringContaining('no spec.objectStore'),
    });
  });
});

describe('restart', () => {
  it('makes every pod anew, by the operator, and keeps what the template had', async () => {
    await scene.want({ podTemplate: { metadata: { annotations: { team: 'web' } } } });
    await scene.settle();
    const uids = async () =>
      (await scene.kubectl.list({ apiVersion: 'v1', kind: 'Pod', plural: 'pods', namespaced: true }, {}, never)).items
        .map(({ metadata }) => metadata.uid)
        .toSorted();
    const before = await uids();
    expect((await rig.run('restart')).out).toContain('are to restart');
    const { spec } = await scene.settle(() => scene.store.model.assertQuorums('while pods restart'));
    expect(spec.podTemplate?.metadata?.annotations).toMatchObject({
      team: 'web',
      [restartAnnotation]: expect.any(String),
    });
    const after = await uids();
    expect(after.filter((uid) => before.includes(uid))).toEqual([]);
  });
});

describe('transfer and promote', () => {
  const leaderOf = (shard: number): string | undefined => {
    const { nodes, shards } = scene.store.model;
    return nodes.find(({ id }) => id === shards[shard]?.leader)?.name;
  };
  const voters = (shard: number): string[] =>
    (scene.store.model.shards[shard]?.replicas ?? []).map((id) => scene.store.model.node(id).name);

  it('hand leaderships to a node that votes, without pushing the operator aside', async () => {
    const epoch = scene.store.model.operatorEpoch;
    const [to = ''] = voters(2).filter((name) => name !== leaderOf(2));
    expect(await rig.run(`transfer 2 ${to}`)).toMatchObject({ exitCode: 0, out: `${to} leads shard 2` });
    expect(leaderOf(2)).toBe(to);
    expect((await rig.run(`transfer 2 ${to}`)).out).toContain('already');
    const { out } = await rig.run(`promote ${to} -o json`);
    expect(JSON.parse(out)).toMatchObject({ node: to, moved: expect.not.arrayContaining([0, 2]) });
    for (const shard of [1, 2, 3]) expect(leaderOf(shard)).toBe(to);
    expect((await rig.run(`promote ${to} --meta`)).exitCode).toBe(0);
    expect(leaderOf(0)).toBe(to);
    expect(scene.store.model.operatorEpoch).toBe(epoch);
  });

  it('refuse what cannot be', async () => {
    const [stranger = ''] = scene.store.model.nodes.map(({ name }) => name).filter((name) => !voters(1).includes(name));
    expect(await rig.run(`transfer 1 ${stranger}`)).toMatchObject({
      exitCode: 4,
      err: expect.stringContaining(`${stranger} does not vote in shard 1`),
    });
    expect(await rig.run('transfer 9 0')).toMatchObject({ exitCode: 3, err: expect.stringContaining('no shard 9') });
    expect(await rig.run('transfer x 0')).toMatchObject({ exitCode: 2 });
  });
});

describe('ring', () => {
  it('asks the nodes', async () => {
    const { out } = await rig.run('ring');
    expect(out).toMatch(/^operator epoch +\d+\nbrake +off\nchunks +0, 0 under-replicated, 0 moving$/m);
    expect(out).toMatch(/^links-0 +node-\d +zone-a +ALIVE/m);
  });

  it('says what to do when nobody answers', async () => {
    await scene.want({ suspend: true });
    await scene.settle();
    expect(await rig.run('ring')).toMatchObject({ exitCode: 5, err: expect.stringContaining('0 of 0 pods answer') });
  });
});

describe('logs', () => {
  it('come from all nodes in the order of time, readable or as they are', async () => {
    const line = (time: number, msg: string) =>
      JSON.stringify({ level: 30, time: `2030-01-01T00:00:0${time}Z`, node: 'x', msg, n: 1 });
    rig.pods.lines.set('links-0', [line(1, 'first'), line(3, 'third'), 'no json']);
    rig.pods.lines.set('links-1', [line(2, 'second')]);
    expect((await rig.run('logs')).out.split('\n')).toEqual([
      '2030-01-01T00:00:01Z INFO  links-0 first n=1',
      '2030-01-01T00:00:02Z INFO  links-1 second n=1',
      '2030-01-01T00:00:03Z INFO  links-0 third n=1',
      'links-0 no json',
    ]);
    expect((await rig.run('logs --node 1 -o json -f')).out).toBe(line(2, 'second'));
  });
});

describe('failures', () => {
  const failing = (status: number, reason: string): void => {
    const fail = () => Promise.reject(new KubeError(reason, { status, reason }));
    rig.kube = { ...rig.kube, get: fail, list: fail };
  };

  it.each([
    [0, 5, 'kubectl cluster-info'],
    [401, 1, 'log in again'],
    [403, 1, 'lists the rights'],
    [404, 3, 'install the operator'],
    [409, 4, 'Conflict'],
    [422, 2, 'Invalid'],
    [503, 5, 'Busy'],
  ])('of status %d end with exit code %d and say what to do', async (status, exitCode, words) => {
    failing(status, status === 409 ? 'Conflict' : status === 422 ? 'Invalid' : 'Busy');
    expect(await rig.run('status links')).toMatchObject({ exitCode, err: expect.stringContaining(words) });
  });
});

const never = new AbortController().signal;

it('objects that an older definition made have the defaults of newer fields', async () => {
  const old = new Scene();
  await old.want({});
  await old.settle();
  const oldRig = new PluginRig(old);
  const without = async (...[resource, key, signal]: Parameters<KubeApi['get']>) => {
    const found = await old.kubectl.get(resource, key, signal);
    if (resource.plural !== clusters.plural || found === undefined || !('spec' in found)) return found;
    const spec: Record<string, unknown> = { ...(found.spec as object) };
    Reflect.deleteProperty(spec, 'drainedNodes');
    return { ...found, spec };
  };
  oldRig.kube = { ...withRace(old.kubectl, async () => {}), get: without };
  expect((await oldRig.run('plan links')).out).toContain('nothing to do');
});
