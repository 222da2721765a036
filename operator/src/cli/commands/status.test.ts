// SPDX-License-Identifier: Apache-2.0
import { beforeAll, describe, expect, it } from 'vitest';
import type { ShortLinkCluster } from '../../crd/shortlink-cluster.gen.ts';
import { KubeError } from '../../ports/kube-api.ts';
import { clusters, pods } from '../../reconcile/watched.ts';
import { Scene } from '../../reconcile/testing/scene.ts';
import { PluginRig, withoutRights } from '../testing/plugin-rig.ts';

const never = new AbortController().signal;
const forbidden = (plural: string) =>
  new KubeError(`${plural} is forbidden: User "eve" cannot list`, { status: 403, reason: 'Forbidden' });

describe('status', () => {
  const scene = new Scene();
  const rig = new PluginRig(scene);
  beforeAll(async () => {
    await scene.want({});
    await scene.settle();
  });

  it('shows a cluster on a screen', async () => {
    const { out, exitCode } = await rig.run('status');
    expect(exitCode).toBe(0);
    expect(out).toMatch(/^cluster +default\/links\nphase +Ready\nready +3\/3\nimage +shortlink\/node:dev/);
    expect(out).toMatch(/^step +nothing to do$/m);
    expect(out).toMatch(/^NODE +ID +ZONE +STATE +READY +LEADS/m);
    expect(out).toMatch(/^links-2 +node-\d +zone-a +ALIVE +yes +\d/m);
    expect(out).toMatch(/^SHARD +LEADER +VOTERS +LEARNERS\n1 +links-\d +3 +0$/m);
    expect(out).toContain('Every condition is good.');
  });

  it('gives programs all of it, and takes flags as kubectl does', async () => {
    const { out } = await rig.run('status links -n default --context there --kubeconfig file -o json');
    expect(JSON.parse(out)).toMatchObject({
      name: 'links',
      phase: 'Ready',
      replicas: { wanted: 3, ready: 3 },
      nodes: [{ pod: 'links-0', state: 'ALIVE', ready: true, restarts: 0 }, {}, {}],
      ring: { balanced: true },
      badConditions: [],
    });
    expect(rig.targets.at(-1)).toMatchObject({ namespace: 'default', context: 'there', kubeconfig: 'file' });
    expect((await rig.run('status -oyaml')).out).toContain('phase: Ready\n');
  });

  it('says what is wrong with a cluster, and what the operator waits for', async () => {
    const sick = new Scene();
    await sick.want({ replicas: 4 });
    await sick.settle();
    sick.store.scripted.badImages.add('shortlink/node:bad');
    await sick.want({ image: 'shortlink/node:bad' });
    for (let i = 0; i < 20; i++) await sick.round();
    const { out } = await new PluginRig(sick).run('status');
    expect(out).toMatch(/^phase +Upgrading, degraded$/m);
    expect(out).toMatch(/^waiting for +pod links-\d to be ready \(ImagePullBackOff/m);
    expect(out).toMatch(/^Degraded +True +PodNotReady +Pod links-\d: ImagePullBackOff/m);
    expect(out).toMatch(/^SizeAdvised +False +Even/m);
    expect(out).toMatch(/^links-\d +node-\d.* no .*shortlink\/node:bad/m);
  });

  it('tells until when certificates are valid, as the operator says', async () => {
    const message = 'Valid until 2030-04-01T00:00:00Z; the operator renews it from 2030-03-01T00:00:00Z on.';
    const told = new PluginRig(scene);
    told.kube = {
      ...withoutRights(scene.kubectl, [], forbidden),
      get: async (resource, key, signal) => {
        const found = (await scene.kubectl.get(resource, key, signal)) as ShortLinkCluster | undefined;
        const valid = {
          type: 'CertificatesValid',
          status: 'True',
          reason: 'Issued',
          message,
          lastTransitionTime: '',
        } as const;
        const others = found?.status?.conditions?.filter(({ type }) => type !== valid.type) ?? [];
        return found === undefined
          ? found
          : { ...found, ...{ status: { ...found.status, conditions: [...others, valid] } } };
      },
    };
    expect((await told.run('status links')).out).toMatch(/^certificates +Valid until 2030-04-01T00:00:00Z;/m);
  });

  it('does without what the user may not see, and says so', async () => {
    const eve = new PluginRig(scene);
    eve.kube = withoutRights(scene.kubectl, ['pods'], forbidden);
    const { out, err, exitCode } = await eve.run('status links');
    expect({ exitCode, err }).toEqual({ exitCode: 0, err: expect.stringContaining('you may not list pods') });
    expect(out).toMatch(/^links-2 +node-/m);
    eve.kube = withoutRights(scene.kubectl, ['shortlinkclusters'], forbidden);
    const refused = await eve.run('status links');
    expect(refused).toMatchObject({
      exitCode: 1,
      err: expect.stringContaining('you may not do that: shortlinkclusters'),
    });
  });

  it('lists several clusters, of one namespace or of all', async () => {
    const many = new Scene();
    await many.want({});
    await many.settle();
    const { apiVersion, kind } = clusters;
    const metadata = { name: 'other', namespace: 'kube-system' };
    const other = { apiVersion, kind, metadata, ...{ spec: { replicas: 1, storage: { size: '1Gi' } } } };
    await many.kubectl.create(clusters, other, never);
    const manyRig = new PluginRig(many);
    const { out } = await manyRig.run('status -A');
    expect(out).toMatch(/^default +links +Ready +3\/3/m);
    expect(out).toMatch(/^kube-system +other +Unseen +0\/1/m);
    expect((await manyRig.run('status')).out).toContain('default/links');
    expect((await manyRig.run('status links -A')).exitCode).toBe(2);
  });

  it('says what there is when a name is wrong', async () => {
    expect(await rig.run('status lnks')).toMatchObject({
      exitCode: 3,
      err: 'kubectl shortlink: namespace default has no ShortLinkCluster lnks; there is links',
    });
    expect(await rig.run('status -n kube-system')).toMatchObject({
      exitCode: 3,
      err: expect.stringContaining('-n chooses another namespace'),
    });
  });

  it('shows pods that are no members', async () => {
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'links-9', namespace: 'default', labels: {} } };
    const labels = { 'shortlink.dev/cluster': 'links', 'app.kubernetes.io/component': 'node' };
    const stranger = new Scene();
    await stranger.want({});
    await stranger.settle();
    const spec = { containers: [{ name: 'node', image: 'x' }] };
    await stranger.kubectl.create(pods, { ...pod, metadata: { ...pod.metadata, labels }, ...{ spec } }, never);
    expect((await new PluginRig(stranger).run('status')).out).toMatch(/^links-9 .*NO MEMBER/m);
  });
});
