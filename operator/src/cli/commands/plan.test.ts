// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runProgram } from '@shortlink/common/cli/run.ts';
import { KubeError } from '../../ports/kube-api.ts';
import { StoreError } from '../../ports/store-api.ts';
import { Scene } from '../../reconcile/testing/scene.ts';
import { PluginRig, withoutRights } from '../testing/plugin-rig.ts';
import { shortlinkPlan } from './plan.ts';

interface Printed {
  readonly waitingFor: string | null;
  readonly warnings: readonly string[];
  readonly refusals: readonly string[];
  readonly steps: readonly { readonly step: string; readonly reason: string; readonly precondition: string }[];
}

const folder = mkdtempSync(join(tmpdir(), 'plan-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, spec: string): string {
  const path = join(folder, name);
  writeFileSync(
    path,
    `apiVersion: shortlink.dev/v1alpha1\nkind: ShortLinkCluster\nmetadata: {name: links}\nspec: ${spec}\n`,
  );
  return path;
}

async function offline(argv: readonly string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const io = {
    out: (text: string) => out.push(text),
    err: (text: string) => err.push(text),
    rewrite: undefined,
    env: {},
  };
  const exitCode = await runProgram(shortlinkPlan, ['plan', ...argv], io);
  return { exitCode, out: out.join('\n'), err: err.join('\n') };
}

describe('shortlink plan -f', () => {
  const path = file('least.yaml', '{replicas: 3, storage: {size: 1Gi}}');

  it('shows what is made from nothing, each step with its reason and what must hold', async () => {
    const { out, exitCode } = await offline(['-f', path]);
    expect(exitCode).toBe(0);
    expect(out).toMatch(/^links: .*steps\n *1\. renewAuthority links-ca\n +because +.+\n +provided +.+/);
    expect(out).toMatch(/setReplicas 3\n +because +the cluster is new/);
    const plan = JSON.parse((await offline(['-f', path, '-o', 'json'])).out) as Printed;
    expect(plan.steps.at(-1)).toMatchObject({ step: 'setReplicas 3', reason: 'the cluster is new' });
    expect(plan.steps.every(({ reason, precondition }) => reason !== '' && precondition !== '')).toBe(true);
  });

  it('reads it among other objects, and says what is wrong with it', async () => {
    const mixed = join(folder, 'mixed.yaml');
    writeFileSync(
      mixed,
      `kind: Namespace\n---\n{"kind":"List","items":[{"apiVersion":"shortlink.dev/v1alpha1","kind":"ShortLinkCluster","metadata":{"name":"a"},"spec":{"storage":{"size":"1Gi"}}}]}\n`,
    );
    expect((await offline(['-f', mixed])).out).toContain('a: ');
    const wrong = file('wrong.yaml', '{replcas: 3, storage: {size: big}}');
    const { err, exitCode } = await offline(['-f', wrong]);
    expect(exitCode).toBe(2);
    expect(err).toContain('spec.replcas: is no field of this resource; did you mean replicas?');
    expect(err).toContain('spec.storage.size: "big" is not a size');
    expect((await offline(['-f', join(folder, 'none')])).err).toContain('the file cannot be read');
    expect((await offline([])).err).toContain('--file: is required');
  });
});

describe('kubectl shortlink plan', () => {
  const scene = new Scene();
  const rig = new PluginRig(scene);
  const plan = async (line: string): Promise<Printed> => JSON.parse((await rig.run(`${line} -o json`)).out) as Printed;

  beforeAll(async () => {
    await scene.want({});
    await scene.settle();
  });

  it('has nothing to say of a cluster that is as it should be', async () => {
    expect((await rig.run('plan')).out).toBe('default/links: there is nothing to do');
    const same = file('same.yaml', '{replicas: 3, storage: {size: 1Gi}}');
    expect((await rig.run(`plan -f ${same}`)).out).toBe('default/links: there is nothing to do');
  });

  it('shows what a changed spec would do to it, and changes nothing', async () => {
    const before = await scene.cluster();
    const more = await plan(`plan -f ${file('more.yaml', '{replicas: 5, storage: {size: 1Gi}}')}`);
    expect(more.steps.map(({ step }) => step)).toContain('setReplicas 5');
    const image = await plan(`plan -f ${file('image.yaml', '{replicas: 3, image: "x:2", storage: {size: 1Gi}}')}`);
    expect(image.steps.map(({ step }) => step)).toContain('applyObject StatefulSet links');
    const few = await plan(`plan -f ${file('few.yaml', '{replicas: 1, storage: {size: 1Gi}}')}`);
    expect(few.refusals).toEqual([expect.stringContaining('less than the 3 replicas of each shard')]);
    expect(await scene.cluster()).toEqual(before);
  });

  it('plans the same as the operator does next', async () => {
    const live = new Scene();
    const liveRig = new PluginRig(live);
    await live.want({});
    await live.settle();
    await live.want({ image: 'shortlink/node:next' });
    // All rounds that do something; the operator tells the reason of each step that it did.
    let compared = 0;
    for (let i = 0; i < 60; i++) {
      await live.double.settle();
      const told = live.life.told.length;
      const { steps } = JSON.parse((await liveRig.run('plan -o json')).out) as Printed;
      await live.round();
      if (live.life.told.length !== told + 1 || steps[0] === undefined) continue;
      expect(live.life.told.at(-1)).toBe(steps[0].reason);
      compared++;
    }
    expect(compared).toBeGreaterThan(3);
  });

  it('starts from nothing where there is no such cluster', async () => {
    const path = join(folder, 'new.yaml');
    writeFileSync(
      path,
      'apiVersion: shortlink.dev/v1alpha1\nkind: ShortLinkCluster\nmetadata: {name: fresh, namespace: kube-system}\nspec: {storage: {size: 1Gi}}\n',
    );
    const fresh = await plan(`plan -f ${path}`);
    expect(fresh).toMatchObject({ cluster: 'kube-system/fresh', warnings: ['there is no fresh yet: from nothing'] });
    expect(await rig.run(`plan -f ${path} -n other`)).toMatchObject({ exitCode: 2 });
    expect(await rig.run(`plan links -f ${path}`)).toMatchObject({ exitCode: 2 });
  });

  it('says what it could not see', async () => {
    const eve = new PluginRig(scene);
    const forbid = (plural: string) => new KubeError(`${plural} is forbidden`, { status: 403, reason: 'Forbidden' });
    eve.kube = withoutRights(scene.kubectl, ['nodes', 'storageclasses', 'secrets'], forbid);
    const { warnings, steps } = JSON.parse((await eve.run('plan -o json')).out) as Printed;
    expect(warnings.join()).toContain('you may not list nodes');
    expect(steps).toEqual([]);
    const blind = new PluginRig(scene);
    blind.kube = withoutRights(scene.kubectl, ['statefulsets'], forbid);
    expect(await blind.run('plan')).toMatchObject({
      exitCode: 1,
      out: '',
      err: expect.stringContaining('you may not do that'),
    });
    eve.store = { ...eve.store, report: () => Promise.reject(new StoreError('refused', false)) };
    const silent = JSON.parse((await eve.run('plan -o json')).out) as Printed;
    expect(silent.warnings.join()).toContain('0 of 3 nodes answer');
  });
});
