// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { defined } from '@shortlink/common/assert.ts';
import { nodePki } from '../../adapters/node-pki.ts';
import { resources } from '../../desired/resources.ts';
import type { KubeObject } from '../../ports/kube-api.ts';
import { KubeError } from '../../ports/kube-api.ts';
import type { SecretObject } from '../kube-views.ts';
import { Scene } from '../testing/scene.ts';

const never = new AbortController().signal;
const namespace = 'default';
const hourMs = 3_600_000;
const nodesTls = { namespace, name: 'links-nodes-tls' };
const byCertManager = { mode: 'CertManager', certManager: { issuerRef: { name: 'ca' } } };

interface Request extends KubeObject {
  readonly spec: {
    readonly secretName: string;
    readonly dnsNames: readonly string[];
    readonly secretTemplate: { readonly annotations: Readonly<Record<string, string>> };
  };
}

/** A CA of somebody else, and a Secret with a certificate of it. */
function secretOf(scene: Scene, name: string, dnsNames: readonly string[], annotations = {}): SecretObject {
  const nowMs = scene.double.clock.nowMs();
  const validity = { notBeforeMs: nowMs - hourMs, notAfterMs: nowMs + 2000 * hourMs };
  const ca = nodePki.newAuthority('theirs', validity);
  const pair = nodePki.issue(ca, 'nodes', dnsNames, validity);
  const data = { 'ca.crt': btoa(ca.certificate), 'tls.crt': btoa(pair.certificate), 'tls.key': btoa(pair.key) };
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace, annotations },
    type: 'kubernetes.io/tls',
    data,
  };
}

/** What cert-manager does with the object that asks for a certificate. */
async function certManager(scene: Scene): Promise<void> {
  const request = (await scene.kubectl.get(resources.certificate, nodesTls, never)) as Request | undefined;
  const found = await scene.kubectl.get(resources.secret, nodesTls, never);
  if (request === undefined || found !== undefined) return;
  const { dnsNames, secretName, secretTemplate } = request.spec;
  const annotations = { ...secretTemplate.annotations, 'cert-manager.io/certificate-name': request.metadata.name };
  await scene.kubectl.create(resources.secret, secretOf(scene, secretName, dnsNames, annotations), never);
}

async function rounds(scene: Scene, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    await scene.round();
    await certManager(scene);
  }
}

async function seen(scene: Scene) {
  const { status } = await scene.cluster();
  const valid = status?.conditions?.find(({ type }) => type === 'CertificatesValid');
  const set = await scene.kubectl.get(resources.statefulSet, { namespace, name: 'links' }, never);
  return { reason: valid?.reason, isStarted: set !== undefined, waitingFor: status?.plan?.waitingFor };
}

describe('certificates of cert-manager', () => {
  it('are asked for, waited for, and judged; the operator writes neither a CA nor the Secret', async () => {
    const scene = new Scene();
    await scene.want({ tls: byCertManager });
    for (let i = 0; i < 10; i++) await scene.round();
    expect(await seen(scene)).toMatchObject({
      isStarted: false,
      waitingFor: 'Secret links-nodes-tls, which cert-manager makes',
    });
    const request = defined(await scene.kubectl.get(resources.certificate, nodesTls, never), 'the request');
    expect(request).toMatchObject({
      metadata: { ownerReferences: [{ kind: 'ShortLinkCluster', name: 'links' }] },
      spec: {
        secretName: 'links-nodes-tls',
        issuerRef: { name: 'ca', kind: 'Issuer', group: 'cert-manager.io' },
        usages: ['digital signature', 'server auth', 'client auth'],
        duration: '2160h',
        renewBefore: '720h',
      },
    });
    await rounds(scene, 30);
    expect(await seen(scene)).toEqual({ reason: 'Issued', isStarted: true, waitingFor: undefined });
    expect(await scene.kubectl.get(resources.secret, { namespace, name: 'links-ca' }, never)).toBeUndefined();
    const writes = scene.life.gateway.writes.length;
    await rounds(scene, 20);
    expect(scene.life.gateway.writes.slice(writes)).toEqual([]);
    expect(scene.errors).toEqual([]);
  });

  it('are taken over by the operator with both CAs believed, when the mode changes', async () => {
    const scene = new Scene();
    await scene.want({ tls: byCertManager });
    await rounds(scene, 30);
    const before = defined(await scene.kubectl.get(resources.secret, nodesTls, never), 'their Secret') as SecretObject;
    await scene.want({ tls: { mode: 'Managed' } });
    await rounds(scene, 10);
    expect(await scene.kubectl.get(resources.certificate, nodesTls, never)).toBeUndefined();
    const after = defined(await scene.kubectl.get(resources.secret, nodesTls, never), 'our Secret') as SecretObject;
    expect(after.data?.['tls.crt']).toBe(before.data?.['tls.crt']);
    expect(nodePki.read(atob(after.data?.['ca.crt'] ?? ''))).toHaveLength(2);
    expect((await seen(scene)).reason).toBe('RotatingAuthority');
  });

  it('are waited for, in words, where cert-manager is not installed', async () => {
    const scene = new Scene();
    const error = new KubeError('the server could not find the requested resource', {
      status: 404,
      reason: 'NotFound',
    });
    scene.life.gateway.fail({ verb: 'get', plural: 'certificates', when: 'before', error, times: 1000 });
    await scene.want({ tls: byCertManager });
    for (let i = 0; i < 10; i++) await scene.round();
    expect(await seen(scene)).toMatchObject({
      reason: 'CertManagerMissing',
      isStarted: false,
      waitingFor: 'cert-manager to be installed: the server knows no cert-manager.io/v1',
    });
  });
});

describe('certificates of the user', () => {
  const tls = { mode: 'Secret', secretRef: { name: 'mine' } };

  it('are waited for, judged, and never written', async () => {
    const scene = new Scene();
    await scene.want({ tls });
    for (let i = 0; i < 5; i++) await scene.round();
    const waitingFor = 'Secret mine, which spec.tls.secretRef names';
    expect(await seen(scene)).toEqual({ reason: 'SecretMissing', isStarted: false, waitingFor });
    const mine = await scene.kubectl.create(
      resources.secret,
      secretOf(scene, 'mine', ['*.links-nodes.default.svc']),
      never,
    );
    await scene.settle();
    expect(await seen(scene)).toEqual({ reason: 'Given', isStarted: true, waitingFor: undefined });
    expect(await scene.kubectl.get(resources.secret, { namespace, name: 'mine' }, never)).toEqual(mine);
    expect(await scene.kubectl.get(resources.secret, nodesTls, never)).toBeUndefined();
  });

  it.each([
    ['NamesMissing', (scene: Scene) => secretOf(scene, 'mine', ['example.com'])],
    ['SecretDamaged', (scene: Scene) => ({ ...secretOf(scene, 'mine', []), data: { 'tls.crt': btoa('?') } })],
  ])('are told to be of no use: %s', async (reason, make) => {
    const scene = new Scene();
    await scene.kubectl.create(resources.secret, make(scene), never);
    await scene.want({ tls });
    for (let i = 0; i < 5; i++) await scene.round();
    expect(await seen(scene)).toMatchObject({ reason });
  });
});
