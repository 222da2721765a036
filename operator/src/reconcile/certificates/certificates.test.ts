// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { assert, defined } from '@shortlink/common/assert.ts';
import { nodePki } from '../../adapters/node-pki.ts';
import { resources } from '../../desired/resources.ts';
import type { SecretObject } from '../kube-views.ts';
import { Scene } from '../testing/scene.ts';
import { clusters } from '../watched.ts';
import { secretText, SecretStates } from './secret-states.ts';

const never = new AbortController().signal;
const namespace = 'default';
const hourMs = 3_600_000;

async function secretOf({ kubectl }: Scene, name: string): Promise<SecretObject | undefined> {
  return kubectl.get(resources.secret, { namespace, name }, never);
}

/** What pods mount, and how many CAs it believes. */
async function mounted(scene: Scene) {
  const secret = await secretOf(scene, 'links-nodes-tls');
  const state = new SecretStates(nodePki).certificate(secret, undefined);
  assert(state.kind === 'whole', JSON.stringify(state));
  return { ...state.content, certificate: secretText(secret, 'tls.crt'), ca: secretText(secret, 'ca.crt') };
}

async function validOf(scene: Scene) {
  const { status } = await scene.cluster();
  return status?.conditions?.find(({ type }) => type === 'CertificatesValid');
}

async function formed(spec: object = {}): Promise<Scene> {
  const scene = new Scene();
  await scene.want({ ...spec });
  await scene.settle();
  return scene;
}

describe('certificates that the operator makes', () => {
  it('are there before the StatefulSet, belong to the cluster, and keep the key of the CA away from pods', async () => {
    const scene = await formed();
    const written = scene.life.gateway.writes.map(({ resource, key }) => `${resource.kind} ${key.name}`);
    const order = ['Secret links-ca', 'Secret links-nodes-tls', 'StatefulSet links'].map((one) => written.indexOf(one));
    expect(order).toEqual(order.toSorted((a, b) => a - b));
    expect(order).not.toContain(-1);
    const { metadata } = await scene.cluster();
    const authority = defined(await secretOf(scene, 'links-ca'), 'links-ca');
    const nodes = defined(await secretOf(scene, 'links-nodes-tls'), 'links-nodes-tls');
    for (const { metadata: meta } of [authority, nodes])
      expect(meta.ownerReferences).toMatchObject([{ kind: 'ShortLinkCluster', uid: metadata.uid, controller: true }]);
    expect(Object.keys(nodes.data ?? {}).toSorted()).toEqual(['ca.crt', 'tls.crt', 'tls.key']);
    expect(nodes.data?.['ca.crt']).toBe(authority.data?.['tls.crt']);
    expect(nodes.data?.['tls.key']).not.toBe(authority.data?.['tls.key']);
    const set = JSON.stringify(await scene.kubectl.get(resources.statefulSet, { namespace, name: 'links' }, never));
    expect(set).toContain('links-nodes-tls');
    expect(set).not.toContain('links-ca');
    expect(await mounted(scene)).toMatchObject({
      dnsNames: [
        '*.links-nodes.default.svc',
        'links-nodes.default.svc',
        'links-api.default.svc',
        'links-redirect.default.svc',
      ],
    });
    expect(await validOf(scene)).toMatchObject({ status: 'True', reason: 'Issued' });
  });

  it('are looked at one by one and seldom: Secrets are neither listed nor watched', async () => {
    const scene = await formed();
    const calls = scene.life.gateway.calls.length;
    for (let i = 0; i < 40; i++) {
      await scene.round();
      await scene.double.run(9000, 9000);
    }
    const onSecrets = scene.life.gateway.calls.filter(({ resource }) => resource.plural === 'secrets');
    expect(new Set(onSecrets.map(({ verb }) => verb))).toEqual(new Set(['get', 'create']));
    const since = scene.life.gateway.calls.slice(calls).filter(({ resource }) => resource.plural === 'secrets');
    expect(since.length).toBeLessThanOrEqual(2 * 3);
  });

  it('are renewed before they end, by the same CA', async () => {
    const scene = await formed({ tls: { duration: '3h', renewBefore: '1h' } });
    const before = await mounted(scene);
    await scene.double.run(2 * hourMs, 60_000);
    await scene.settle();
    const after = await mounted(scene);
    expect(after.ca).toBe(before.ca);
    expect(after.certificate).not.toBe(before.certificate);
    expect(after.notAfterMs - before.notAfterMs).toBeGreaterThan(1.9 * hourMs);
    expect(await validOf(scene)).toMatchObject({ status: 'True', reason: 'Issued' });
  });
});

describe('a CA whose Secret is deleted', () => {
  const authority = { namespace, name: 'links-ca' };

  it('is replaced so that nodes with older and newer certificates believe each other at every step (K-I11)', async () => {
    const scene = await formed();
    const states = [await mounted(scene)];
    await scene.kubectl.delete(resources.secret, authority, {}, never);
    const reasons = new Set<string | undefined>();
    // Twice the time that a change takes to reach all nodes, and what the operator takes to look at Secrets again.
    for (let i = 0; i < 30 * 60; i += 10) {
      await scene.round();
      await scene.double.run(9000, 9000);
      const now = await mounted(scene);
      if (now.certificate !== states.at(-1)?.certificate || now.ca !== states.at(-1)?.ca) states.push(now);
      reasons.add((await validOf(scene))?.reason);
    }
    expect(states.map(({ trusted }) => trusted.length)).toEqual([1, 2, 2, 1]);
    expect(reasons).toEqual(new Set(['Issued', 'RotatingAuthority']));
    for (const [i, older] of states.slice(0, -1).entries()) {
      const newer = defined(states[i + 1], 'the step after it');
      expect(newer.trusted).toContain(older.issuer);
      expect(older.trusted).toContain(newer.issuer);
    }
    const [first, last] = [defined(states[0], 'first'), defined(states.at(-1), 'last')];
    expect(last.issuer).not.toBe(first.issuer);
    const writes = scene.life.gateway.writes.length;
    for (let i = 0; i < 20; i++) await scene.round();
    expect(scene.life.gateway.writes.slice(writes)).toEqual([]);
  });
});

describe('a Secret that the operator did not make', () => {
  it.each(['links-ca', 'links-nodes-tls'])(
    '%s is left as it is, no pod is started, and the condition says what to do',
    async (name) => {
      const scene = new Scene();
      const metadata = { name, namespace };
      const secret = { apiVersion: 'v1', kind: 'Secret', metadata, type: 'Opaque', data: { 'tls.crt': btoa('mine') } };
      const made = await scene.kubectl.create(resources.secret, secret, never);
      await scene.want({});
      for (let i = 0; i < 30; i++) await scene.round();
      expect(await secretOf(scene, name)).toEqual(made);
      expect(await scene.kubectl.get(resources.statefulSet, { namespace, name: 'links' }, never)).toBeUndefined();
      expect(await validOf(scene)).toMatchObject({ status: 'False', reason: 'SecretNotOurs' });
      const { status } = await scene.cluster();
      expect(status?.plan?.waitingFor).toContain(`Secret ${name} to go`);
      await scene.kubectl.delete(resources.secret, metadata, {}, never);
      await scene.double.run(5 * 60_000, 10_000);
      await scene.settle();
      expect(await validOf(scene)).toMatchObject({ status: 'True', reason: 'Issued' });
    },
  );
});

describe('a Secret of ours that was damaged', () => {
  it('is made anew, and the CA stays', async () => {
    const scene = await formed();
    const before = await mounted(scene);
    const metadata = { name: 'links-nodes-tls', namespace };
    const broken = { apiVersion: 'v1', kind: 'Secret', metadata, data: { 'tls.crt': btoa('broken') } };
    await scene.kubectl.apply(resources.secret, broken, { fieldManager: 'kubectl', force: true }, never);
    await scene.double.run(5 * 60_000, 10_000);
    await scene.settle();
    const after = await mounted(scene);
    expect(after.ca).toBe(before.ca);
    expect(after.certificate).not.toBe(before.certificate);
  });
});

describe('a write that meets with a Secret that has changed', () => {
  it('is refused, and the next look decides anew', async () => {
    const scene = await formed();
    const metadata = { name: 'links-nodes-tls', namespace };
    const label = { apiVersion: 'v1', kind: 'Secret', metadata: { ...metadata, labels: { team: 'web' } } };
    await scene.kubectl.delete(resources.secret, { namespace, name: 'links-ca' }, {}, never);
    // The operator knows the Secret of the nodes as it was before.
    await scene.double.run(4 * 60_000, 10_000);
    await scene.kubectl.apply(resources.secret, label, { fieldManager: 'kubectl', force: true }, never);
    for (let i = 0; i < 100; i++) await scene.round();
    expect((await mounted(scene)).trusted).toHaveLength(2);
    expect((await secretOf(scene, 'links-nodes-tls'))?.metadata.labels).toMatchObject({ team: 'web' });
  });
});

describe('a cluster that was deleted without its objects', () => {
  it('finds its Secrets again under its name, and the nodes go on as they were', async () => {
    const scene = await formed();
    const before = await mounted(scene);
    await scene.kubectl.delete(clusters, { namespace, name: 'links' }, { propagation: 'Orphan' }, never);
    await scene.double.settle();
    expect((await secretOf(scene, 'links-ca'))?.metadata.ownerReferences ?? []).toEqual([]);
    await scene.want({});
    await scene.settle();
    expect(await mounted(scene)).toEqual(before);
    expect(await validOf(scene)).toMatchObject({ status: 'True', reason: 'Issued' });
  });
});
